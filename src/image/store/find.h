/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/table.h"

/* What a name given by a user means. */
struct match {
	size_t i;   /* record in the table */
	bool by_id; /* else @name is what matched */
	char *name; /* full tag or repository digest; owned */
};

/** table_lookup() - as store_find().  @ret: match_reset() on success.  Return: as store_find(). */
int table_lookup(const struct table *t, const char *name, struct match *ret, struct err *err);
void match_reset(struct match *m);
