/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fields.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static int64_t load_number(const struct field *f, const char *at)
{
	uint64_t u64;
	int64_t i64;
	uint32_t u32;
	uint16_t u16;
	int i;

	switch (f->type) {
	case FIELD_INT:
		memcpy(&i, at, sizeof(i));
		return i;
	case FIELD_U16:
		memcpy(&u16, at, sizeof(u16));
		return u16;
	case FIELD_U32:
		memcpy(&u32, at, sizeof(u32));
		return u32;
	case FIELD_I64:
		memcpy(&i64, at, sizeof(i64));
		return i64;
	default:
		memcpy(&u64, at, sizeof(u64));
		return u64 > INT64_MAX ? INT64_MAX : (int64_t)u64;
	}
}

static void store_number(const struct field *f, int64_t value, char *at)
{
	uint64_t u64 = (uint64_t)value;
	uint32_t u32 = (uint32_t)value;
	uint16_t u16 = (uint16_t)value;
	int i = (int)value;

	switch (f->type) {
	case FIELD_INT:
		memcpy(at, &i, sizeof(i));
		break;
	case FIELD_U16:
		memcpy(at, &u16, sizeof(u16));
		break;
	case FIELD_U32:
		memcpy(at, &u32, sizeof(u32));
		break;
	case FIELD_I64:
		memcpy(at, &value, sizeof(value));
		break;
	default:
		memcpy(at, &u64, sizeof(u64));
	}
}

/* Makes a member's value.  Return: owned; NULL when out of memory, and for a text that is NULL,
 * which is not written. */
static json_t *make_value(const struct field *f, const char *at)
{
	const char *text;
	bool on;

	switch (f->type) {
	case FIELD_BOOL:
		memcpy(&on, at, sizeof(on));
		return json_boolean(on);
	case FIELD_TEXT:
		memcpy(&text, at, sizeof(text));
		return text ? json_string(text) : NULL;
	case FIELD_NAME:
	case FIELD_LINE:
		return json_string(at);
	default:
		return json_integer(load_number(f, at));
	}
}

static bool is_left_out(const struct field *f, const char *at)
{
	const char *text;

	memcpy(&text, at, f->type == FIELD_TEXT ? sizeof(text) : 0);
	return f->type == FIELD_TEXT && !text;
}

int fields_put(json_t *obj, const struct field *fields, size_t n, const void *from)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = (const char *)from + fields[i].offset;

		if (!is_left_out(&fields[i], at) &&
		    json_object_set_new(obj, fields[i].key, make_value(&fields[i], at)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int get_number(const json_t *obj, const struct field *f, char *at, struct err *err)
{
	int64_t max = f->type == FIELD_U64 ? INT64_MAX : f->max;
	int64_t value = f->needed ? f->min - 1 : 0;
	int r = json_get_i64(obj, f->key, &value, err);

	if (r < 0)
		return r;
	if (value < f->min || value > max)
		return max == INT64_MAX ? err_set(err, -EINVAL, "\"%s\" must be at least %lld",
						  f->key, (long long)f->min)
					: err_set(err, -EINVAL, "\"%s\" must be from %lld to %lld",
						  f->key, (long long)f->min, (long long)max);
	store_number(f, value, at);
	return 0;
}

static int get_name(const struct field *f, const char *text, char *at, struct err *err)
{
	if (strlen(text) > (size_t)f->max)
		return err_set(err, -EINVAL, "\"%s\" is longer than %lld characters", f->key,
			       (long long)f->max);
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_' && *p != '.')
			return err_set(err, -EINVAL, "\"%s\" may hold letters, digits, -_. only",
				       f->key);
	memcpy(at, text, strlen(text) + 1);
	return 0;
}

/* Cuts a text that is too long between two characters: half of one is no UTF-8, which JSON
 * cannot hold. */
static void get_line(const struct field *f, const char *text, char *at)
{
	size_t len = strnlen(text, (size_t)f->max + 1);

	if (len > (size_t)f->max) {
		len--;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(at, text, len);
	at[len] = '\0';
}

static int get_text(const json_t *obj, const struct field *f, char *at, struct err *err)
{
	const char *text;
	int r = json_get_str(obj, f->key, &text, err);

	if (r < 0)
		return r;
	if (f->type == FIELD_NAME)
		return get_name(f, text ? text : "", at, err);
	if (f->type == FIELD_LINE)
		get_line(f, text ? text : "", at);
	else
		memcpy(at, &text, sizeof(text));
	return 0;
}

int fields_get(const json_t *obj, const struct field *fields, size_t n, void *to, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		char *at = (char *)to + fields[i].offset;
		bool on = false;

		switch (fields[i].type) {
		case FIELD_BOOL:
			r = json_get_bool(obj, fields[i].key, &on, err);
			memcpy(at, &on, sizeof(on));
			break;
		case FIELD_TEXT:
		case FIELD_NAME:
		case FIELD_LINE:
			r = get_text(obj, &fields[i], at, err);
			break;
		default:
			r = get_number(obj, &fields[i], at, err);
		}
	}
	return r;
}
