/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/table.h"

/** table_load() - read index.json; a store without one is empty.  Entries without content are left
 * out.  Return: 0; -errno with a message. */
int table_load(struct store *st, struct table *ret, struct err *err);

/** table_commit() - write index.json, then make @t the store's table (@t is empty after).  Lock
 * held.  Return: 0; -errno with a message, nothing changed. */
int table_commit(struct store *st, struct table *t, struct err *err);

/** table_commit_and_collect() - as table_commit(), of a table that lacks an image, and remove what
 * nothing refers to any more.  A full disk does not keep it from that. */
int table_commit_and_collect(struct store *st, struct table *t, struct err *err);
