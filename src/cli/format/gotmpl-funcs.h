/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/json.h"

/* A function's arguments, and where its result goes. */
struct call {
	const char *name;
	json_t *const *args;
	size_t n;
	bool headers;
};

/** gotmpl_call() - call the function.  @ret: a new reference.  Return: 0; -EINVAL or -ENOMEM with a
 * message. */
int gotmpl_call(const struct call *c, json_t **ret, struct err *err);

/** gotmpl_is_function() - is there a function of this name? */
bool gotmpl_is_function(const char *name);

/** gotmpl_is_true() - is a value true for `if`: not false, 0, "", empty or nothing? */
bool gotmpl_is_true(const json_t *v);

/** gotmpl_keys() - the keys of a map in Go's order; ends with NULL.  Return: an array, owned, of
 * keys that are the map's; NULL when out of memory. */
const char **gotmpl_keys(const json_t *obj);

/** gotmpl_print() - append a value as Go prints it.  Return: 0; -ENOMEM. */
int gotmpl_print(struct buf *out, const json_t *v);

/** gotmpl_print_all() - append a call's arguments as Go's print does: with blanks between operands
 * that are no strings; @line: as println does, with blanks between all and a line's end.  Return:
 * 0; -ENOMEM. */
int gotmpl_print_all(const struct call *c, bool line, struct buf *out);
