/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <errno.h>

#include "base/buf.h"
#include "base/str.h"

struct json_extent json_measure(const char *text, size_t len)
{
	struct json_extent all = { .values = 1 };
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (quoted)
			i += text[i] == '\\';
		else if (text[i] == '[' || text[i] == '{')
			depth++;
		else if (depth > 0 && (text[i] == ']' || text[i] == '}'))
			depth--;
		else if (text[i] == ',')
			all.values++;
		if (depth > all.depth)
			all.depth = depth;
	}
	return all;
}

int json_read(const char *text, size_t len, const char *what, json_t **ret, struct err *err)
{
	json_error_t e;
	json_t *value;

	if (json_measure(text, len).depth > JSON_DEPTH_MAX)
		return err_set(err, -EBADMSG, "%s is nested deeper than %u levels", what,
			       JSON_DEPTH_MAX);
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!value)
		return err_set(err, -EBADMSG, "%s is not valid JSON: line %d, column %d: %s", what,
			       e.line, e.column, e.text);
	*ret = value;
	return 0;
}

static const json_t *member(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_null(v) ? NULL : v;
}

static int wrong_type(const char *key, const char *wanted, struct err *err)
{
	return err_set(err, -EBADMSG, "\"%s\" must be %s", key, wanted);
}

int json_get_str(const json_t *obj, const char *key, const char **ret, struct err *err)
{
	const json_t *v = member(obj, key);

	if (v && !json_is_string(v))
		return wrong_type(key, "a string", err);
	*ret = json_string_value(v);
	return 0;
}

int json_get_text(const json_t *obj, const char *key, char **ret, struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0 || !text)
		return r;
	*ret = strdup(text);
	return *ret ? 0 : err_nomem(err);
}

int json_get_copy(const json_t *obj, const char *key, char **ret, struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0)
		return r;
	*ret = strdup(text ? text : "");
	return *ret ? 0 : err_nomem(err);
}

int json_get_i64(const json_t *obj, const char *key, int64_t *ret, struct err *err)
{
	const json_t *v = member(obj, key);

	if (v && !json_is_integer(v))
		return wrong_type(key, "a whole number", err);
	if (v)
		*ret = json_integer_value(v);
	return 0;
}

int json_get_bool(const json_t *obj, const char *key, bool *ret, struct err *err)
{
	const json_t *v = member(obj, key);

	if (v && !json_is_boolean(v))
		return wrong_type(key, "true or false", err);
	if (v)
		*ret = json_is_true(v);
	return 0;
}

int json_get_object(const json_t *obj, const char *key, json_t **ret, struct err *err)
{
	json_t *v = json_object_get(obj, key);

	if (json_is_null(v))
		v = NULL;
	if (v && !json_is_object(v))
		return wrong_type(key, "an object", err);
	*ret = v;
	return 0;
}

int json_get_array(const json_t *obj, const char *key, json_t **ret, struct err *err)
{
	json_t *v = json_object_get(obj, key);

	if (json_is_null(v))
		v = NULL;
	if (v && !json_is_array(v))
		return wrong_type(key, "an array", err);
	*ret = v;
	return 0;
}

int json_get_strv(const json_t *obj, const char *key, char ***ret, struct err *err)
{
	cleanup_strv char **v = NULL;
	json_t *array, *item;
	size_t i;
	int r = json_get_array(obj, key, &array, err);

	if (r < 0)
		return r;
	if (array) {
		v = calloc(json_array_size(array) + 1, sizeof(*v));
		if (!v)
			return err_nomem(err);
	}
	json_array_foreach (array, i, item) {
		if (!json_is_string(item))
			return wrong_type(key, "an array of strings", err);
		v[i] = strdup(json_string_value(item));
		if (!v[i])
			return err_nomem(err);
	}
	*ret = take_ptr(v);
	return 0;
}

json_t *json_from_strv(char *const *v)
{
	json_t *array = json_array();

	for (; array && v && *v; v++) {
		if (json_array_append_new(array, json_string(*v)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* The length of a valid UTF-8 sequence; 0 where there is none. */
static size_t sequence(const unsigned char *p)
{
	size_t n = *p < 0x80		     ? 1
		   : *p >= 0xc2 && *p < 0xe0 ? 2
		   : *p >= 0xe0 && *p < 0xf0 ? 3
		   : *p >= 0xf0 && *p < 0xf5 ? 4
					     : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

json_t *json_utf8(const char *text)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	json_t *value = json_string(text);

	if (value)
		return value;
	while (*text) {
		size_t n = sequence((const unsigned char *)text);

		if ((n > 0 ? buf_add(&b, text, n) : buf_adds(&b, "\xef\xbf\xbd")) < 0)
			return NULL;
		text += n > 0 ? n : 1;
	}
	return json_string(b.data ? b.data : "");
}

char *json_write(const json_t *value)
{
	return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}
