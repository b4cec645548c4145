/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "daemon/state/state.h"

/*
 * Room on the disk for state.db before it is needed: on a full one a container must still be
 * removed.  The log (state.db-wal) has its blocks, is checkpointed before it outgrows them, and is
 * kept; inserted rows get their place in the file at once, so that no checkpoint needs room.
 */

/** reserve_prepare() - set up a new connection for this.  Return: false on failure, which SQLite
 * explains. */
bool reserve_prepare(sqlite3 *db);

/** reserve_log() - allocate the log's blocks.  @path: of the database.  Return: does the log have
 * them? */
bool reserve_log(const char *path);

/** reserve_row() - make room in the file for a row.  Return: 0; -ENOSPC with a message. */
int reserve_row(sqlite3 *db, const struct texts *t, struct err *err);
