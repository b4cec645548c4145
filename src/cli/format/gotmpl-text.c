/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/gotmpl-text.h"

#include <errno.h>

#include "base/buf.h"

#define PAD_MAX 4096

static int wrong_argument(const struct call *c, const char *what, struct err *err)
{
	return err_set(err, -EINVAL, "template: %s: %s", c->name, what);
}

/* A number from 0 to @max. */
static bool read_number(const json_t *v, size_t max, size_t *ret)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || (uint64_t)n > max)
		return false;
	*ret = (size_t)n;
	return true;
}

static int slice_text(const struct call *c, size_t from, size_t to, json_t **ret, struct err *err)
{
	const char *s = json_string_value(c->args[0]);

	/* A cut within a character would leave half of it, which is no text. */
	if (((unsigned char)s[from] & 0xc0) == 0x80 || ((unsigned char)s[to] & 0xc0) == 0x80)
		return wrong_argument(c, "this would cut a character", err);
	*ret = json_stringn(s + from, to - from);
	return *ret ? 0 : err_nomem(err);
}

static int slice_list(const json_t *all, size_t from, size_t to, json_t **ret, struct err *err)
{
	cleanup_json json_t *list = json_array();

	if (!list)
		return err_nomem(err);
	for (; from < to; from++)
		if (json_array_append(list, json_array_get(all, from)) < 0)
			return err_nomem(err);
	*ret = take_ptr(list);
	return 0;
}

int gotmpl_slice(const struct call *c, json_t **ret, struct err *err)
{
	const json_t *v = c->args[0];
	bool text = json_is_string(v);
	size_t len = text ? json_string_length(v) : json_array_size(v), from = 0, to = len, cap;

	if (!text && !json_is_array(v))
		return wrong_argument(c, "takes a string or a list", err);
	if (text && c->n > 3)
		return wrong_argument(c, "takes no third number for a string", err);
	if ((c->n > 3 && !read_number(c->args[3], len, &cap)) ||
	    (c->n > 2 && !read_number(c->args[2], c->n > 3 ? cap : len, &to)) ||
	    (c->n > 1 && !read_number(c->args[1], to, &from)))
		return wrong_argument(c, "takes numbers that rise, up to its length", err);
	return text ? slice_text(c, from, to, ret, err) : slice_list(v, from, to, ret, err);
}

int gotmpl_pad(const struct call *c, json_t **ret, struct err *err)
{
	const char *s = json_string_value(c->args[0]);
	size_t before, after;

	if (!s || !read_number(c->args[1], PAD_MAX, &before) ||
	    !read_number(c->args[2], PAD_MAX, &after))
		return wrong_argument(c, "takes a string and two numbers, at most 4096", err);
	*ret = *s ? json_sprintf("%*s%s%*s", (int)before, "", s, (int)after, "") : json_string("");
	return *ret ? 0 : err_nomem(err);
}
