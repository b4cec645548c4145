/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/table.h"

/* The image that a user's name means. */
struct match {
	size_t i;   /* index of the record in the table */
	bool by_id; /* an id matched; else @name did */
	char *name; /* full tag or repository digest; owned */
};

/** table_lookup() - as store_find().  @ret: match_reset() on success.  Return: as store_find(). */
int table_lookup(const struct table *t, const char *name, struct match *ret, struct err *err);
void match_reset(struct match *m);
