/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/json.h"

/*
 * Plain members of a structure as members of a JSON object, both ways, by one table.  A member that
 * is missing reads as 0, false, or NULL, unless that is out of range.
 */

enum field_type {
	FIELD_BOOL,
	FIELD_INT, /* int, and the four that follow: from @min to @max */
	FIELD_U16,
	FIELD_U32,
	FIELD_I64,
	FIELD_U64,  /* to INT64_MAX, whatever @max is */
	FIELD_TEXT, /* const char *, borrowed from the object it was read from; NULL is not written
		     */
	FIELD_NAME, /* char[@max + 1] of letters, digits and -_. */
	FIELD_LINE, /* char[@max + 1]; a longer text is cut */
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	int64_t min, max;
	bool needed; /* a missing number is refused */
};

#define FIELD(structure, member, field_type, ...)                                                  \
	{                                                                                          \
		.key = #member, .type = (field_type),                                              \
		.offset = offsetof(struct structure, member), __VA_ARGS__                          \
	}

/** fields_put() - add the members to an object.  Return: 0; -ENOMEM. */
int fields_put(json_t *obj, const struct field *fields, size_t n, const void *from);

/** fields_get() - read the members.  Return: 0; -EBADMSG for a member of another type, -EINVAL for
 * a value out of range, each with a message. */
int fields_get(const json_t *obj, const struct field *fields, size_t n, void *to, struct err *err);
