/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/table.h"

/** table_load() - read index.json; a missing file is an empty store.  Entries without content are
 * left out.  Return: 0; -errno with a message. */
int table_load(struct store *st, struct table *ret, struct err *err);

/** table_commit() - write index.json, then make @t the store's table (@t is empty afterwards).  The
 * lock is held.  Return: 0; -errno with a message, and nothing is changed. */
int table_commit(struct store *st, struct table *t, struct err *err);

/** table_commit_and_collect() - table_commit() for a table that lacks an image, and remove content
 * without references.  Works on a full disk, too. */
int table_commit_and_collect(struct store *st, struct table *t, struct err *err);
