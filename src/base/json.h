/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

/*
 * Reading JSON that somebody else wrote.  Every accessor takes a missing or null
 * member as "not there" and a member of another type as an error that names it.
 * Host programs only; the guest has no JSON.
 */

DEFINE_CLEANUP(json_t, json_decref)
#define cleanup_json cleanup(json_decref_cleanup_fn)

/* Reading and writing recurse for each level, on whatever stack a thread has. */
#define JSON_DEPTH_MAX 100u

struct json_extent {
	size_t depth;  /* of nested arrays and objects */
	size_t values; /* an estimate: one, and one for each comma */
};

/** json_measure() - estimate a text's extent before it is parsed; exact for valid JSON, and not too
 * little up to the first error */
struct json_extent json_measure(const char *text, size_t len);

/**
 * json_read() - parse one document
 * @what: for the message, e.g. "manifest"
 * @ret:  owned, json_decref()
 *
 * Duplicate members are refused, and more than JSON_DEPTH_MAX levels.
 *
 * Return: 0; -EBADMSG with a message, which has line and column.
 */
int json_read(const char *text, size_t len, const char *what, json_t **ret, struct err *err);

/** json_get_str() - a string member, borrowed from @obj; NULL when not there.  Return: 0;
 * -EBADMSG. */
int json_get_str(const json_t *obj, const char *key, const char **ret, struct err *err);

/** json_get_text() - a copy of a string member, owned; @ret untouched when not there.  Return: 0;
 * -EBADMSG; -ENOMEM. */
int json_get_text(const json_t *obj, const char *key, char **ret, struct err *err);

/** json_get_copy() - as json_get_text(); @ret is "" when not there */
int json_get_copy(const json_t *obj, const char *key, char **ret, struct err *err);

/** json_get_i64() - an integer member; @ret untouched when not there.  Return: 0; -EBADMSG. */
int json_get_i64(const json_t *obj, const char *key, int64_t *ret, struct err *err);

/** json_get_bool() - a boolean member; @ret untouched when not there.  Return: 0; -EBADMSG. */
int json_get_bool(const json_t *obj, const char *key, bool *ret, struct err *err);

/** json_get_object() - an object member, borrowed; NULL when not there.  Return: 0; -EBADMSG. */
int json_get_object(const json_t *obj, const char *key, json_t **ret, struct err *err);

/** json_get_array() - an array member, borrowed; NULL when not there.  Return: 0; -EBADMSG. */
int json_get_array(const json_t *obj, const char *key, json_t **ret, struct err *err);

/** json_get_strv() - an array of strings as a vector owned by the caller; NULL when not there.
 * Return: 0; -EBADMSG; -ENOMEM. */
int json_get_strv(const json_t *obj, const char *key, char ***ret, struct err *err);

/** json_from_strv() - a new array of strings; NULL when out of memory */
json_t *json_from_strv(char *const *v);

/** json_utf8() - a new string of bytes that may be no UTF-8; invalid ones become U+FFFD, as in Go.
 * Return: NULL when out of memory. */
json_t *json_utf8(const char *text);

/** json_write() - compact text, owned by the caller; NULL when out of memory */
char *json_write(const json_t *value);
