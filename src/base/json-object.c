/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json-object.h"

json_t *json_object_of(const struct json_member *m)
{
	json_t *obj = json_object();
	bool failed = !obj;

	for (; m->key; m++) {
		if (failed)
			json_decref(m->value);
		else if (m->value || !m->optional)
			failed = json_object_set_new(obj, m->key, m->value) < 0;
	}
	if (!failed)
		return obj;
	json_decref(obj);
	return NULL;
}

struct json_member member_text(const char *key, const char *text)
{
	return (struct json_member){ key, json_string(text), false };
}

struct json_member member_int(const char *key, int64_t value)
{
	return (struct json_member){ key, json_integer(value), false };
}

struct json_member member_bool(const char *key, bool value)
{
	return (struct json_member){ key, json_boolean(value), false };
}

struct json_member member_null(const char *key)
{
	return (struct json_member){ key, json_null(), false };
}

struct json_member member_json(const char *key, json_t *value)
{
	return (struct json_member){ key, value, false };
}

struct json_member member_ref(const char *key, json_t *value)
{
	return (struct json_member){ key, value ? json_incref(value) : json_null(), false };
}

struct json_member member_optional(const char *key, json_t *value)
{
	return (struct json_member){ key, value, true };
}
