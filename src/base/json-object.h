/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/*
 * Objects of many members, each with its value beside its name:
 *
 *	JSON_OBJECT(member_text("Name", name), member_int("Size", size))
 *
 * makes a new one; NULL when out of memory, or where a text is missing or no UTF-8.
 */

struct json_member {
	const char *key;
	json_t *value; /* owned; NULL: it could not be made */
	bool optional; /* left out where it has no value */
};

#define JSON_OBJECT(...) json_object_of((const struct json_member[]){ __VA_ARGS__, { 0 } })

/** json_object_of() - make an object.  @members: end with one that has no key; their values are
 * taken over in any case */
json_t *json_object_of(const struct json_member *members);

struct json_member member_text(const char *key, const char *text);
struct json_member member_int(const char *key, int64_t value);
struct json_member member_bool(const char *key, bool value);
struct json_member member_null(const char *key);

/** member_json() - @value: taken over */
struct json_member member_json(const char *key, json_t *value);

/** member_ref() - @value: borrowed; NULL is written as null */
struct json_member member_ref(const char *key, json_t *value);

/** member_optional() - @value: taken over; where it is NULL the member is left out */
struct json_member member_optional(const char *key, json_t *value);
