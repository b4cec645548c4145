/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/state/sql.h"

#include <errno.h>
#include <string.h>

#include "base/mutex.h"
#include "daemon/state/reserve.h"

int sql_error(sqlite3 *db, const char *what, struct err *err)
{
	int code = sqlite3_extended_errcode(db), r = -EIO;

	if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
		r = -EEXIST;
	else if ((code & 0xff) == SQLITE_FULL)
		r = -ENOSPC;
	else if ((code & 0xff) == SQLITE_NOMEM)
		r = err_nomem(err);
	return err_set(err, r, "state.db: %s: %s", what, sqlite3_errmsg(db));
}

static void bind_args(sqlite3_stmt *stmt, const struct sql_arg *args)
{
	for (; args && args->name; args++) {
		int i = sqlite3_bind_parameter_index(stmt, args->name);

		if (i > 0 && args->is_number)
			sqlite3_bind_int64(stmt, i, args->number);
		else if (i > 0)
			sqlite3_bind_text(stmt, i, args->text, -1, SQLITE_STATIC);
	}
}

int sql_run_locked(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
		   struct err *err)
{
	sqlite3_stmt *stmt;
	int r = 0;

	st->has_log_room = st->has_log_room || reserve_log(st->path);
	if (sqlite3_prepare_v2(st->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return sql_error(st->db, what, err);
	bind_args(stmt, args);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		r = sql_error(st->db, what, err);
	sqlite3_finalize(stmt);
	return r;
}

int sql_run(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
	    struct err *err)
{
	mutex_hold(&st->lock);
	return sql_run_locked(st, what, sql, args, err);
}

static int set_synchronous(struct state *st, const char *pragma, const char *what, struct err *err)
{
	return sqlite3_exec(st->db, pragma, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : sql_error(st->db, what, err);
}

/* In WAL mode with synchronous=NORMAL a commit is written and not synced; the next sync of the same
 * file covers it. */
int sql_run_along(struct state *st, const char *what, const char *sql, const struct sql_arg *args,
		  struct err *err)
{
	int r, after;

	mutex_hold(&st->lock);
	r = set_synchronous(st, "PRAGMA synchronous=NORMAL", what, err);
	if (r == 0)
		r = sql_run_locked(st, what, sql, args, err);
	after = set_synchronous(st, "PRAGMA synchronous=FULL", what, r == 0 ? err : NULL);
	return r == 0 ? after : r;
}

int sql_begin(struct state *st, const char *what, struct err *err)
{
	int r;

	pthread_mutex_lock(&st->lock);
	r = sql_run_locked(st, what, "BEGIN IMMEDIATE", NULL, err);
	if (r < 0)
		pthread_mutex_unlock(&st->lock);
	return r;
}

int sql_end(struct state *st, const char *what, int r, struct err *err)
{
	if (r == 0)
		r = sql_run_locked(st, what, "COMMIT", NULL, err);
	if (r < 0)
		(void)sql_run_locked(st, what, "ROLLBACK", NULL, NULL);
	pthread_mutex_unlock(&st->lock);
	return r;
}

static int read_rows(sqlite3 *db, sqlite3_stmt *stmt, int (*row)(sqlite3_stmt *stmt, void *arg),
		     void *arg, struct err *err)
{
	int r = 0, step = SQLITE_DONE;

	while (r == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		r = row(stmt, arg);
		if (r < 0)
			err_set(err, r, "state.db: a row cannot be read");
	}
	return r == 0 && step != SQLITE_DONE ? sql_error(db, "cannot be read", err) : r;
}

int sql_each(struct state *st, const char *sql, const struct sql_arg *args,
	     int (*row)(sqlite3_stmt *stmt, void *arg), void *arg, struct err *err)
{
	sqlite3_stmt *stmt;
	int r;

	mutex_hold(&st->reader_lock);
	if (sqlite3_prepare_v2(st->reader, sql, -1, &stmt, NULL) != SQLITE_OK) {
		r = sql_error(st->reader, "cannot be read", err);
	} else {
		bind_args(stmt, args);
		r = read_rows(st->reader, stmt, row, arg, err);
		sqlite3_finalize(stmt);
	}
	return r;
}

char *sql_text(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return strdup(text ? (const char *)text : "");
}
