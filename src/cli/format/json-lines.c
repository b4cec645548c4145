/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/json-lines.h"

#include <errno.h>
#include <string.h>

static int take_json(struct json_lines *l, const char *text, size_t len)
{
	cleanup_json json_t *obj = NULL;
	size_t blank = strspn(text, " \t\r");
	int r;

	if (blank >= len)
		return 0;
	r = json_read(text, len, "message of moatd", &obj, &l->err);
	return r < 0 ? r : l->fn(obj, l->arg, &l->err);
}

int json_lines_feed(const void *data, size_t len, void *arg)
{
	struct json_lines *l = arg;
	size_t used = 0;
	char *end;
	int r;

	if (len > JSON_LINE_MAX_BYTES - l->line.len)
		return err_set(&l->err, -EFBIG, "a message of moatd is too long");
	r = buf_add(&l->line, data, len);
	if (r < 0)
		return err_set(&l->err, r, "out of memory");
	while (r == 0 && (end = memchr(l->line.data + used, '\n', l->line.len - used))) {
		*end = '\0';
		r = take_json(l, l->line.data + used, (size_t)(end - l->line.data) - used);
		used = (size_t)(end - l->line.data) + 1;
	}
	buf_consume(&l->line, used);
	return r;
}

int json_lines_end(struct json_lines *l)
{
	int r = 0;

	if (l->line.len > 0) {
		l->line.data[l->line.len] = '\0';
		r = take_json(l, l->line.data, l->line.len);
	}
	buf_reset(&l->line);
	return r;
}
