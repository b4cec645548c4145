/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Shared by the tables of state.db: running one statement with its parameters. */

struct state {
	char *path;
	bool has_log_room; /* false: room is sought again at every change */
	sqlite3 *db, *reader;
	pthread_mutex_t lock, reader_lock;
};

/* A parameter, named with its colon.  A statement uses those that it names. */
struct sql_arg {
	const char *name;
	bool is_number;
	const char *text; /* NULL is written as NULL */
	int64_t number;
};

#define SQL_TEXT(n, value)                                                                         \
	{                                                                                          \
		.name = n, .text = value                                                           \
	}
#define SQL_NUMBER(n, value)                                                                       \
	{                                                                                          \
		.name = n, .is_number = true, .number = value                                      \
	}

/** sql_error() - turn SQLite's last error into a message.  Return: -EEXIST for a value that must be
 * unique; -ENOSPC; -ENOMEM; -EIO; with a message. */
int sql_error(sqlite3 *db, const char *what, struct err *err);

/**
 * sql_run() - run a statement without rows
 * @what: the object it is about, for messages
 * @args: end with one that has no name
 *
 * Return: 0, and it is on the disk; as sql_error().
 */
int sql_run(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
	    struct err *err);

/** sql_run_along() - as sql_run(), without waiting for the disk: a loss of power may undo it until
 * something else is written, the death of moatd does not */
int sql_run_along(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
		  struct err *err);

/** sql_run_locked() - sql_run() for a caller that holds @st->lock */
int sql_run_locked(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
		   struct err *err);

/** sql_begin() - begin a transaction, which sql_end() ends; holds @st->lock until then.  Return: 0;
 * as sql_error(), with no transaction begun. */
int sql_begin(struct state *st, const char *what, struct err *err);

/** sql_end() - end a transaction.  @r: result of its statements; where that is an error, all are
 * undone.  Return: 0, with all on the disk; @r; as sql_error(). */
int sql_end(struct state *st, const char *what, int r, struct err *err);

/**
 * sql_each() - call a function for each row that a statement reads
 * @row: 0 for more; a negative errno ends it.  It must not use @st
 *
 * Return: 0; what @row returned; as sql_error(); with a message.
 */
int sql_each(struct state *st, const char *sql, const struct sql_arg *args,
	     int (*row)(sqlite3_stmt *stmt, void *arg), void *arg, struct err *err);

/** sql_text() - a column as text of its own, NULL as "".  Return: owned; NULL when out of memory.
 */
char *sql_text(sqlite3_stmt *stmt, int column);
