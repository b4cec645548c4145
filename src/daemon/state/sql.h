/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* What the tables of state.db have in common: one statement with its parameters. */

struct state {
	char *path;
	bool has_log_room; /* else it is tried again with every change */
	sqlite3 *db, *reader;
	pthread_mutex_t lock, reader_lock;
};

/* A parameter by name, with its colon.  A statement takes those that it names. */
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

/** sql_error() - what SQLite says of its last call.  Return: -EEXIST for what must be unique;
 * -ENOSPC; -ENOMEM; -EIO; with a message. */
int sql_error(sqlite3 *db, const char *what, struct err *err);

/**
 * sql_run() - a statement without rows
 * @what: it is about, for messages
 * @args: end with one that has no name
 *
 * Return: 0, and it is on the disk; as sql_error().
 */
int sql_run(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
	    struct err *err);

/** sql_run_along() - the same for what need not outlive a power loss by itself: it is on the disk
 * with what is written next, and survives the death of moatd at once */
int sql_run_along(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
		  struct err *err);

/** sql_run_locked() - sql_run() for who holds @st->lock */
int sql_run_locked(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
		   struct err *err);

/** sql_begin() - what follows up to sql_end() is done as a whole or not at all; holds @st->lock
 * until then.  Return: 0; as sql_error(), and there is nothing to end. */
int sql_begin(struct state *st, const char *what, struct err *err);

/** sql_end() - @r: what came of it; where that is an error, nothing is done.  Return: 0, and it is
 * on the disk; @r; as sql_error(). */
int sql_end(struct state *st, const char *what, int r, struct err *err);

/**
 * sql_each() - the rows of a statement that reads
 * @row: 0 for more; a negative errno ends it.  It must not use @st
 *
 * Return: 0; what @row returned; as sql_error(); with a message.
 */
int sql_each(struct state *st, const char *sql, const struct sql_arg *args,
	     int (*row)(sqlite3_stmt *stmt, void *arg), void *arg, struct err *err);

/** sql_text() - a column as text of its own, NULL as "".  Return: owned; NULL when out of memory.
 */
char *sql_text(sqlite3_stmt *stmt, int column);
