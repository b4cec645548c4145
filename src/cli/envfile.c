/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/envfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

#define ENV_FILE_MAX_BYTES (1u << 20)

int env_add(char ***env, const char *text, struct err *err)
{
	const char *value;
	int r = 0;

	if (!*text || *text == '=')
		return err_set(err, -EINVAL, "invalid environment setting \"%s\"; write KEY=VALUE",
			       text);
	if (strchr(text, '=')) {
		r = env_set(env, text);
	} else {
		value = getenv(text);
		if (value) {
			cleanup_free char *pair = str_printf("%s=%s", text, value);

			r = pair ? env_set(env, pair) : -ENOMEM;
		}
	}
	return r < 0 ? err_errno(err, r, "set %s", text) : 0;
}

static int add_line(char ***env, char *line, const char *what, unsigned number, struct err *err)
{
	size_t n = strlen(line);
	int r;

	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	if (strcspn(line, " \t") < strcspn(line, "="))
		return err_set(err, -EINVAL, "%s, line %u: a variable's name has no white space",
			       what, number);
	r = env_add(env, line, err);
	return r < 0 ? err_wrap(err, "%s, line %u", what, number) : 0;
}

int env_add_text(char ***env, const char *text, size_t len, const char *what, struct err *err)
{
	cleanup_free char *copy = NULL;
	unsigned number = 0;
	char *line, *next;

	if (memchr(text, '\0', len))
		return err_set(err, -EINVAL, "%s: not a text file", what);
	copy = strndup(text, len);
	if (!copy)
		return err_set(err, -ENOMEM, "out of memory");
	for (line = copy; line; line = next) {
		int r;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r = add_line(env, line, what, ++number, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int env_add_file(char ***env, const char *path, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = file_read_at(AT_FDCWD, path, ENV_FILE_MAX_BYTES, &b);

	if (r < 0)
		return err_errno(err, r, "read %s", path);
	return b.len > 0 ? env_add_text(env, b.data, b.len, path, err) : 0;
}
