/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/record.h"

/* The images of a store and their names: index.json in memory. */

struct table {
	struct record **records;
	size_t n;
};

/** table_copy() - copy a table; both share the records.  @ret: table_reset().
 * Return: 0; -ENOMEM. */
int table_copy(const struct table *from, struct table *ret);
void table_reset(struct table *t);

/** table_find() - find the record of a manifest.  Return: its index; -ENOENT. */
ssize_t table_find(const struct table *t, const struct digest *manifest);

/** table_edit() - get a record that may be changed: a copy, if it was shared; borrowed; NULL when
 * out of memory */
struct record *table_edit(struct table *t, size_t i);

/** table_add() - append a record and take over its reference.  Return: 0; -ENOMEM, with the
 * reference dropped. */
int table_add(struct table *t, struct record *rec);

/** table_drop() - remove a record */
void table_drop(struct table *t, size_t i);

/** table_move_tag() - take @tag (a full reference) from whatever has it and give it to record @i.
 * Return: 0; -ENOMEM. */
int table_move_tag(struct table *t, size_t i, const char *tag);
