/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One connection in WAL mode with synchronous=FULL: a statement that
 * returned survives kill -9 and power loss.  Statements are few and short, so each is prepared
 * when it is needed, and one mutex keeps statement and error text together.  A second connection,
 * with a mutex of its own, reads what was written: no reader waits until the disk has something.
 */
#include "daemon/state/state.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/state/reserve.h"
#include "daemon/state/schema.h"
#include "daemon/state/sql.h"

int record_dup(const struct record *rec, struct record *ret)
{
	struct record copy = *rec;

	copy.name = strdup(rec->name);
	copy.image = strdup(rec->image);
	copy.error = strdup(rec->error);
	if (!copy.name || !copy.image || !copy.error) {
		record_reset(&copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

void record_reset(struct record *rec)
{
	free(rec->name);
	free(rec->image);
	free(rec->error);
	*rec = (struct record){ 0 };
}

void texts_reset(struct texts *t)
{
	free(t->config);
	free(t->host_config);
	free(t->spec);
	free(t->mounts);
	*t = (struct texts){ 0 };
}

static int prepare_file(struct state *st, struct err *err)
{
	if (!reserve_prepare(st->db) ||
	    sqlite3_exec(st->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", NULL, NULL,
			 NULL) != SQLITE_OK)
		return sql_error(st->db, "cannot be used", err);
	return schema_prepare(st->db, err);
}

/* @ret: to be closed, on failure, too */
static int connect_to(const char *path, int flags, sqlite3 **ret, struct err *err)
{
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	return sqlite3_open_v2(path, ret, flags, NULL) == SQLITE_OK ? 0
								    : sql_error(*ret, path, err);
}

int state_open(const char *root, struct state **ret, struct err *err)
{
	struct state *st = calloc(1, sizeof(*st));
	int r;

	if (!st)
		return err_nomem(err);
	pthread_mutex_init(&st->lock, NULL);
	pthread_mutex_init(&st->reader_lock, NULL);
	st->path = str_printf("%s/state.db", root);
	r = st->path ? 0 : err_nomem(err);
	if (r == 0)
		r = connect_to(st->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &st->db, err);
	if (r == 0)
		r = prepare_file(st, err);
	if (r == 0)
		r = connect_to(st->path, SQLITE_OPEN_READWRITE, &st->reader, err);
	if (r < 0) {
		state_close(st);
		return r;
	}
	st->has_log_room = reserve_log(st->path);
	*ret = st;
	return 0;
}

void state_close(struct state *st)
{
	if (!st)
		return;
	sqlite3_close(st->reader);
	sqlite3_close(st->db);
	pthread_mutex_destroy(&st->lock);
	pthread_mutex_destroy(&st->reader_lock);
	free(st->path);
	free(st);
}

#define ARGS_MAX 20u

/* Sets every parameter that statements about containers name.  @ret: ARGS_MAX */
static void make_args(const struct record *rec, const struct texts *texts, struct sql_arg *ret)
{
	const struct sql_arg args[] = {
		SQL_TEXT(":id", rec->id),
		SQL_TEXT(":name", rec->name),
		SQL_NUMBER(":created", rec->created_nsec),
		SQL_TEXT(":image", rec->image),
		SQL_TEXT(":manifest", rec->manifest.text),
		SQL_TEXT(":image_config", rec->config.text),
		SQL_NUMBER(":state", rec->state),
		SQL_NUMBER(":exit_code", rec->exit_code),
		SQL_NUMBER(":oom", rec->oom),
		SQL_TEXT(":error", rec->error ? rec->error : ""),
		SQL_NUMBER(":started", rec->started_nsec),
		SQL_NUMBER(":finished", rec->finished_nsec),
		SQL_NUMBER(":pid", rec->pid),
		SQL_NUMBER(":restart_count", rec->restart_count),
		SQL_NUMBER(":stopped", rec->stopped),
		SQL_TEXT(":config", texts ? texts->config : NULL),
		SQL_TEXT(":host_config", texts ? texts->host_config : NULL),
		SQL_TEXT(":spec", texts ? texts->spec : NULL),
		SQL_TEXT(":mounts", texts && texts->mounts ? texts->mounts : "[]"),
		{ 0 },
	};

	_Static_assert(ARRAY_SIZE(args) <= ARGS_MAX, "room for all");
	memcpy(ret, args, sizeof(args));
}

/* Runs a statement without rows; its parameters are from @rec and @texts. */
static int run_statement(struct state *st, const char *sql, const struct record *rec,
			 const struct texts *texts, struct err *err)
{
	struct sql_arg args[ARGS_MAX];
	int r;

	make_args(rec, texts, args);
	mutex_hold(&st->lock);
	r = texts ? reserve_row(st->db, texts, err) : 0;
	if (r == 0)
		r = sql_run_locked(st, rec->id, sql, args, err);
	return r;
}

int state_insert(struct state *st, const struct record *rec, const struct texts *texts,
		 struct err *err)
{
	return run_statement(
		st,
		"INSERT INTO container VALUES (:id, :name, :created, :image, :manifest,"
		" :image_config, :state, :exit_code, :oom, :error, :started, :finished, :pid,"
		" :config, :host_config, :spec, :restart_count, :stopped, :mounts)",
		rec, texts, err);
}

int state_update(struct state *st, const struct record *rec, struct err *err)
{
	return run_statement(
		st,
		"UPDATE container SET name=:name, state=:state, exit_code=:exit_code, oom=:oom,"
		" error=:error, started=:started, finished=:finished, pid=:pid,"
		" restart_count=:restart_count, stopped=:stopped WHERE id=:id",
		rec, NULL, err);
}

int state_set_texts(struct state *st, const char *id, const struct texts *texts, struct err *err)
{
	struct record rec = { 0 };

	memcpy(rec.id, id, strnlen(id, ID_LEN));
	return run_statement(
		st, "UPDATE container SET host_config=:host_config, spec=:spec WHERE id=:id", &rec,
		texts, err);
}

int state_delete(struct state *st, const char *id, bool with_volumes, struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":id", id), { 0 } };
	int r = sql_begin(st, id, err);

	if (r < 0)
		return r;
	r = sql_run_locked(st, id, "DELETE FROM container WHERE id=:id", args, err);
	if (r == 0 && !with_volumes)
		r = sql_run_locked(st, id, "UPDATE volume SET owner='' WHERE owner=:id", args, err);
	return sql_end(st, id, r, err);
}

/* @mounts: the column with the mount points */
static int read_texts(sqlite3_stmt *stmt, int first, int mounts, struct texts *ret)
{
	ret->config = sql_text(stmt, first);
	ret->host_config = sql_text(stmt, first + 1);
	ret->spec = sql_text(stmt, first + 2);
	ret->mounts = sql_text(stmt, mounts);
	return ret->config && ret->host_config && ret->spec && ret->mounts ? 0 : -ENOMEM;
}

static int take_texts(sqlite3_stmt *stmt, void *arg)
{
	struct texts *ret = arg;

	return read_texts(stmt, 0, 3, ret);
}

int state_texts(struct state *st, const char *id, struct texts *ret, struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":id", id), { 0 } };
	struct texts t = { 0 };
	int r = sql_each(st, "SELECT config, host_config, spec, mounts FROM container WHERE id=:id",
			 args, take_texts, &t, err);

	if (r == 0 && !t.config)
		r = err_set(err, -ENOENT, "No such container: %s", id);
	if (r < 0) {
		texts_reset(&t);
		return r;
	}
	*ret = t;
	return 0;
}

static int read_row(sqlite3_stmt *stmt, struct record *rec, struct texts *texts)
{
	cleanup_free char *id = sql_text(stmt, 0), *manifest = sql_text(stmt, 4),
			  *config = sql_text(stmt, 5);

	rec->name = sql_text(stmt, 1);
	rec->created_nsec = sqlite3_column_int64(stmt, 2);
	rec->image = sql_text(stmt, 3);
	rec->state = (enum record_state)sqlite3_column_int(stmt, 6);
	rec->exit_code = sqlite3_column_int(stmt, 7);
	rec->oom = sqlite3_column_int(stmt, 8) != 0;
	rec->error = sql_text(stmt, 9);
	rec->started_nsec = sqlite3_column_int64(stmt, 10);
	rec->finished_nsec = sqlite3_column_int64(stmt, 11);
	rec->pid = sqlite3_column_int(stmt, 12);
	rec->restart_count = sqlite3_column_int(stmt, 16);
	rec->stopped = sqlite3_column_int(stmt, 17) != 0;
	if (!id || !manifest || !config || !rec->name || !rec->image || !rec->error)
		return -ENOMEM;
	memcpy(rec->id, id, strnlen(id, ID_LEN));
	if (digest_parse(manifest, &rec->manifest, NULL) < 0 ||
	    digest_parse(config, &rec->config, NULL) < 0)
		return -EBADMSG;
	return read_texts(stmt, 13, 18, texts);
}

int state_each(struct state *st, int (*fn)(struct record *rec, struct texts *texts, void *arg),
	       void *arg, struct err *err)
{
	sqlite3_stmt *stmt;
	int r = 0, step = SQLITE_DONE;

	if (sqlite3_prepare_v2(st->db, "SELECT * FROM container ORDER BY created", -1, &stmt,
			       NULL) != SQLITE_OK)
		return sql_error(st->db, "cannot be read", err);
	while (r == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct record rec = { 0 };
		struct texts texts = { 0 };

		r = read_row(stmt, &rec, &texts);
		if (r < 0)
			err_set(err, r, "state.db: a row cannot be read");
		else
			r = fn(&rec, &texts, arg);
		record_reset(&rec);
		texts_reset(&texts);
	}
	if (r == 0 && step != SQLITE_DONE)
		r = sql_error(st->db, "cannot be read", err);
	sqlite3_finalize(stmt);
	return r;
}
