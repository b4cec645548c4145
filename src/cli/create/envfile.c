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

static int add_line(char ***list, char *line, add_fn *add, const char *what, unsigned number,
		    struct err *err)
{
	size_t n = strlen(line);
	int r;

	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	if (strcspn(line, " \t") < strcspn(line, "="))
		return err_set(err, -EINVAL, "%s, line %u: a key has no white space in it", what,
			       number);
	r = add(list, line, err);
	return r < 0 ? err_wrap(err, "%s, line %u", what, number) : 0;
}

static int add_lines(char ***list, const char *text, size_t len, add_fn *add, const char *what,
		     struct err *err)
{
	cleanup_free char *copy = NULL;
	unsigned number = 0;
	char *line, *next;

	if (memchr(text, '\0', len))
		return err_set(err, -EINVAL, "%s: not a text file", what);
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
		r = add_line(list, line, add, what, ++number, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_file(char ***list, const char *path, add_fn *add, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = file_read_at(AT_FDCWD, path, ENV_FILE_MAX_BYTES, &b);

	if (r < 0)
		return err_errno(err, r, "read %s", path);
	return b.len > 0 ? add_lines(list, b.data, b.len, add, path, err) : 0;
}

int env_add_text(char ***env, const char *text, size_t len, const char *what, struct err *err)
{
	return add_lines(env, text, len, add_env_line, what, err);
}

int env_add_file(char ***env, const char *path, struct err *err)
{
	return add_file(env, path, add_env_line, err);
}

int label_add_text(char ***labels, const char *text, size_t len, const char *what, struct err *err)
{
	return add_lines(labels, text, len, add_label_line, what, err);
}

int label_add_file(char ***labels, const char *path, struct err *err)
{
	return add_file(labels, path, add_label_line, err);
}
