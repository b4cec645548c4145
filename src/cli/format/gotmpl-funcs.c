/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/gotmpl-funcs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/format/gotmpl-escape.h"
#include "cli/format/gotmpl-printf.h"
#include "cli/format/gotmpl-text.h"

bool gotmpl_is_true(const json_t *v)
{
	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		return json_string_length(v) > 0;
	case JSON_INTEGER:
		return json_integer_value(v) != 0;
	case JSON_REAL:
		return json_real_value(v) < 0 || json_real_value(v) > 0;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_OBJECT:
		return json_object_size(v) > 0;
	case JSON_TRUE:
		return true;
	default:
		return false;
	}
}

static int print_list(struct buf *out, const json_t *v)
{
	const json_t *item;
	size_t i;
	int r = buf_adds(out, "[");

	json_array_foreach (v, i, item) {
		if (r == 0 && i > 0)
			r = buf_adds(out, " ");
		if (r == 0)
			r = gotmpl_print(out, item);
	}
	return r < 0 ? r : buf_adds(out, "]");
}

const char **gotmpl_keys(const json_t *obj)
{
	size_t count = json_object_size(obj), i = 0;
	const char **keys = calloc(count + 1, sizeof(*keys)), *key;
	json_t *value;

	if (!keys)
		return NULL;
	json_object_foreach ((json_t *)(uintptr_t)obj, key, value)
		keys[i++] = key;
	qsort(keys, count, sizeof(*keys), strv_compare);
	return keys;
}

static int print_map(struct buf *out, const json_t *v)
{
	cleanup_free const char **keys = gotmpl_keys(v);
	int r = keys ? buf_adds(out, "map[") : -ENOMEM;

	for (size_t i = 0; r == 0 && keys[i]; i++) {
		r = buf_addf(out, "%s%s:", i > 0 ? " " : "", keys[i]);
		if (r == 0)
			r = gotmpl_print(out, json_object_get(v, keys[i]));
	}
	return r < 0 ? r : buf_adds(out, "]");
}

int gotmpl_print(struct buf *out, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return buf_add(out, json_string_value(v), json_string_length(v));
	case JSON_INTEGER:
		return buf_addf(out, "%lld", (long long)json_integer_value(v));
	case JSON_REAL:
		return buf_addf(out, "%g", json_real_value(v));
	case JSON_TRUE:
	case JSON_FALSE:
		return buf_adds(out, json_is_true(v) ? "true" : "false");
	case JSON_ARRAY:
		return print_list(out, v);
	case JSON_OBJECT:
		return print_map(out, v);
	default:
		return buf_adds(out, "<nil>");
	}
}

int gotmpl_print_all(const struct call *c, bool line, struct buf *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->n; i++) {
		if (i > 0 &&
		    (line || (!json_is_string(c->args[i]) && !json_is_string(c->args[i - 1]))))
			r = buf_adds(out, " ");
		if (r == 0)
			r = gotmpl_print(out, c->args[i]);
	}
	return r == 0 && line ? buf_adds(out, "\n") : r;
}

static int give_result(json_t *v, json_t **ret, struct err *err)
{
	*ret = v;
	return v ? 0 : err_nomem(err);
}

/* Makes a result of the text in @b.  @r: 0, or why @b could not be filled. */
static int text_result(int r, struct buf *b, json_t **ret, struct err *err)
{
	json_t *text = r < 0 ? NULL : json_stringn(b->data ? b->data : "", b->len);

	buf_reset(b);
	return give_result(text, ret, err);
}

static int wrong_arguments(const struct call *c, const char *what, struct err *err)
{
	return err_set(err, -EINVAL, "template: %s: %s", c->name, what);
}

static int do_json(const struct call *c, json_t **ret, struct err *err)
{
	cleanup_free char *text = json_dumps(c->args[0], JSON_COMPACT | JSON_ENCODE_ANY);

	return give_result(text ? json_string(text) : NULL, ret, err);
}

/* join LIST SEPARATOR */
static int do_join(const struct call *c, json_t **ret, struct err *err)
{
	const char *separator = json_string_value(c->args[1]);
	struct buf b = BUF_INIT;
	const json_t *item;
	size_t i;
	int r = 0;

	if (!separator || (!json_is_array(c->args[0]) && !json_is_null(c->args[0])))
		return wrong_arguments(c, "takes a list and a string", err);
	json_array_foreach (c->args[0], i, item) {
		if (r == 0 && i > 0)
			r = buf_adds(&b, separator);
		if (r == 0)
			r = gotmpl_print(&b, item);
	}
	return text_result(r, &b, ret, err);
}

static int do_split(const struct call *c, json_t **ret, struct err *err)
{
	const char *s = json_string_value(c->args[0]), *by = json_string_value(c->args[1]), *end;
	cleanup_json json_t *list = json_array();

	if (!s || !by || !*by)
		return wrong_arguments(c, "takes two strings", err);
	for (; (end = strstr(s, by)); s = end + strlen(by))
		json_array_append_new(list, json_stringn(s, (size_t)(end - s)));
	if (json_array_append_new(list, json_string(s)) < 0)
		return err_nomem(err);
	return give_result(take_ptr(list), ret, err);
}

/* upper, lower, title; as far as ASCII goes */
static int do_case(const struct call *c, json_t **ret, struct err *err)
{
	const char *s = json_string_value(c->args[0]);
	cleanup_free char *copy = s ? strdup(s) : NULL;
	bool start = true;

	if (!s)
		return wrong_arguments(c, "takes a string", err);
	for (char *p = copy; p && *p; p++) {
		unsigned char ch = (unsigned char)*p;

		if (c->name[0] == 'u' || (c->name[0] == 't' && start))
			*p = (char)toupper(ch);
		else if (c->name[0] == 'l')
			*p = (char)tolower(ch);
		start = !isalnum(ch) && ch < 0x80 && ch != '\'' && ch != '_';
	}
	return give_result(copy ? json_string(copy) : NULL, ret, err);
}

static int do_truncate(const struct call *c, json_t **ret, struct err *err)
{
	const char *s = json_string_value(c->args[0]);
	json_int_t n = json_integer_value(c->args[1]);
	size_t len = s ? strlen(s) : 0;

	if (!s || !json_is_integer(c->args[1]) || n < 0)
		return wrong_arguments(c, "takes a string and a number", err);
	if ((size_t)n < len)
		len = (size_t)n;
	/* A cut within a character would leave half of it, which is no text. */
	while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return give_result(json_stringn(s, len), ret, err);
}

static int do_print(const struct call *c, json_t **ret, struct err *err)
{
	struct buf b = BUF_INIT;
	int r = gotmpl_print_all(c, streq(c->name, "println"), &b);

	return text_result(r, &b, ret, err);
}

static int do_len(const struct call *c, json_t **ret, struct err *err)
{
	const json_t *v = c->args[0];
	size_t n;

	if (json_is_string(v))
		n = json_string_length(v);
	else if (json_is_array(v) || json_is_object(v) || json_is_null(v))
		n = json_is_array(v) ? json_array_size(v) : json_object_size(v);
	else
		return wrong_arguments(c, "takes a string or a list", err);
	return give_result(json_integer((json_int_t)n), ret, err);
}

/* index VALUE KEY…: a missing key is "", an index out of range an error. */
static int do_index(const struct call *c, json_t **ret, struct err *err)
{
	json_t *v = c->args[0];

	for (size_t i = 1; i < c->n; i++) {
		const json_t *key = c->args[i];

		if (json_is_array(v) && json_is_integer(key)) {
			v = json_integer_value(key) < 0
				    ? NULL
				    : json_array_get(v, (size_t)json_integer_value(key));
			if (!v)
				return wrong_arguments(c, "the list is not as long", err);
		} else if ((json_is_object(v) || json_is_null(v)) && json_is_string(key)) {
			v = json_object_get(v, json_string_value(key));
			if (!v)
				return give_result(json_string(""), ret, err);
		} else {
			return wrong_arguments(
				c, "takes a list and a number, or an object and a name", err);
		}
	}
	return give_result(json_incref(v), ret, err);
}

static int values_order(const json_t *a, const json_t *b)
{
	double x = json_number_value(a), y = json_number_value(b);

	if (json_is_string(a) && json_is_string(b))
		return strcmp(json_string_value(a), json_string_value(b));
	return x < y ? -1 : x > y;
}

static bool values_equal(const json_t *a, const json_t *b)
{
	return json_is_number(a) && json_is_number(b) ? values_order(a, b) == 0
						      : json_equal(a, b) == 1;
}

/* eq A B…, ne, lt, le, gt, ge */
static int do_compare(const struct call *c, json_t **ret, struct err *err)
{
	const json_t *a = c->args[0], *b = c->args[1];
	bool text = json_is_string(a) && json_is_string(b), yes = false;
	int o = values_order(a, b);

	if (streq(c->name, "eq") || streq(c->name, "ne")) {
		for (size_t i = 1; i < c->n; i++)
			yes = yes || values_equal(a, c->args[i]);
		return give_result(json_boolean(yes == streq(c->name, "eq")), ret, err);
	}
	if (!text && (!json_is_number(a) || !json_is_number(b)))
		return wrong_arguments(c, "takes two numbers or two strings", err);
	if (c->name[0] == 'l')
		yes = c->name[1] == 't' ? o < 0 : o <= 0;
	else
		yes = c->name[1] == 't' ? o > 0 : o >= 0;
	return give_result(json_boolean(yes), ret, err);
}

/* and, or: the first argument that decides, else the last. */
static int do_logic(const struct call *c, json_t **ret, struct err *err)
{
	size_t i = 0;

	while (i + 1 < c->n && gotmpl_is_true(c->args[i]) == streq(c->name, "and"))
		i++;
	return give_result(json_incref(c->args[i]), ret, err);
}

static int do_not(const struct call *c, json_t **ret, struct err *err)
{
	return give_result(json_boolean(!gotmpl_is_true(c->args[0])), ret, err);
}

static const struct function {
	const char *name;
	size_t min, max;
	int (*fn)(const struct call *c, json_t **ret, struct err *err);
	bool plain; /* is applied to columns' titles, too; others return these as they are */
} functions[] = {
	{ "json", 1, 1, do_json },
	{ "join", 2, 2, do_join },
	{ "split", 2, 2, do_split },
	{ "upper", 1, 1, do_case },
	{ "lower", 1, 1, do_case },
	{ "title", 1, 1, do_case },
	{ "truncate", 2, 2, do_truncate },
	{ "pad", 3, 3, gotmpl_pad },
	{ "slice", 1, 4, gotmpl_slice },
	{ "print", 0, SIZE_MAX, do_print, true },
	{ "println", 0, SIZE_MAX, do_print, true },
	{ "printf", 1, SIZE_MAX, gotmpl_printf, true },
	{ "html", 1, SIZE_MAX, gotmpl_escape },
	{ "js", 1, SIZE_MAX, gotmpl_escape },
	{ "urlquery", 1, SIZE_MAX, gotmpl_escape },
	{ "len", 1, 1, do_len },
	{ "index", 1, SIZE_MAX, do_index },
	{ "eq", 2, SIZE_MAX, do_compare, true },
	{ "ne", 2, 2, do_compare, true },
	{ "lt", 2, 2, do_compare, true },
	{ "le", 2, 2, do_compare, true },
	{ "gt", 2, 2, do_compare, true },
	{ "ge", 2, 2, do_compare, true },
	{ "and", 1, SIZE_MAX, do_logic, true },
	{ "or", 1, SIZE_MAX, do_logic, true },
	{ "not", 1, 1, do_not, true },
};

bool gotmpl_is_function(const char *name)
{
	return STR_FIND(functions, name);
}

int gotmpl_call(const struct call *c, json_t **ret, struct err *err)
{
	const struct function *f = STR_FIND(functions, c->name);

	if (!f)
		return wrong_arguments(c, "no such function", err);
	if (c->n < f->min || c->n > f->max)
		return wrong_arguments(c, "wrong number of arguments", err);
	if (c->headers && !f->plain)
		return give_result(json_incref(c->args[0]), ret, err);
	return f->fn(c, ret, err);
}
