/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/envfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

#define ENV_FILE_MAX_BYTES (1u << 20)

/* Adds one line of a file to a list. */
typedef int add_fn(char ***list, const char *text, struct err *err);

/* Where the lines of a file go. */
struct lines {
	const char *name; /* of the file */
	char ***to;
	add_fn *add;
};

int env_add(char ***env, const char *text, struct err *err)
{
	const char *value;
	int r = 0;

	if (!*text || *text == '=')
		return err_set(err, -EINVAL, "invalid environment setting \"%s\"; write KEY=VALUE",
			       text);
	if (strchr(text, '=')) {
		r = env_set(env, text);
	} else if ((value = getenv(text))) {
		cleanup_free char *pair = str_printf("%s=%s", text, value);

		r = pair ? env_set(env, pair) : -ENOMEM;
	} else {
		r = strv_add(env, text);
	}
	return r < 0 ? err_errno(err, r, "set %s", text) : 0;
}

static int add_env_line(char ***env, const char *text, struct err *err)
{
	return strchr(text, '=') || getenv(text) ? env_add(env, text, err) : 0;
}

static int add_label_line(char ***labels, const char *text, struct err *err)
{
	if (*text == '=')
		return err_set(err, -EINVAL, "invalid label \"%s\"; write KEY=VALUE", text);
	return strv_add(labels, text) < 0 ? err_nomem(err) : 0;
}

static int add_line(const struct lines *l, char *line, unsigned number, struct err *err)
{
	size_t n = strlen(line);
	int r;

	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	if (strcspn(line, " \t") < strcspn(line, "="))
		return err_set(err, -EINVAL, "%s, line %u: a key has no white space in it", l->name,
			       number);
	r = l->add(l->to, line, err);
	return r < 0 ? err_wrap(err, "%s, line %u", l->name, number) : 0;
}

static int add_lines(const struct lines *l, const char *text, size_t len, struct err *err)
{
	cleanup_free char *copy = NULL;
	unsigned number = 0;
	char *line, *next;

	if (memchr(text, '\0', len))
		return err_set(err, -EINVAL, "%s: not a text file", l->name);
	copy = strndup(text, len);
	if (!copy)
		return err_nomem(err);
	line = copy;
	if (str_starts(line, "\xef\xbb\xbf")) /* the byte order mark, which some editors write */
		line += 3;
	for (; line; line = next) {
		int r;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r = add_line(l, line, ++number, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_file(const struct lines *l, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = file_read_at(AT_FDCWD, l->name, ENV_FILE_MAX_BYTES, &b);

	if (r < 0)
		return err_errno(err, r, "read %s", l->name);
	return b.len > 0 ? add_lines(l, b.data, b.len, err) : 0;
}

int env_add_text(char ***env, const char *text, size_t len, const char *what, struct err *err)
{
	return add_lines(&(struct lines){ what, env, add_env_line }, text, len, err);
}

int env_add_file(char ***env, const char *path, struct err *err)
{
	return add_file(&(struct lines){ path, env, add_env_line }, err);
}

int label_add_text(char ***labels, const char *text, size_t len, const char *what, struct err *err)
{
	return add_lines(&(struct lines){ what, labels, add_label_line }, text, len, err);
}

int label_add_file(char ***labels, const char *path, struct err *err)
{
	return add_file(&(struct lines){ path, labels, add_label_line }, err);
}
