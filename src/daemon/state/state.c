/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One connection in WAL mode with synchronous=FULL: a statement that
 * returned survives kill -9 and power loss.  Statements are few and short, so each is prepared
 * when it is needed, and one mutex keeps statement and error text together.  A second connection,
 * with a mutex of its own, reads what was written: no reader waits until the disk has something.
 *
 * The file is our own; it may be older than this program (migrated) or newer (refused).
 */
#include "daemon/state/state.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "daemon/state/reserve.h"

struct state {
	char *path;
	bool has_log_room; /* else it is tried again with every change */
	sqlite3 *db, *reader;
	pthread_mutex_t lock, reader_lock;
};

/* What makes a file of version N - 1 one of version N, in one transaction each. */
static const char *const schema[] = {
	"BEGIN;"
	"CREATE TABLE container ("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL,"
	" image TEXT NOT NULL, manifest TEXT NOT NULL, image_config TEXT NOT NULL,"
	" state INTEGER NOT NULL, exit_code INTEGER NOT NULL, oom INTEGER NOT NULL,"
	" error TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER NOT NULL,"
	" pid INTEGER NOT NULL, config TEXT NOT NULL, host_config TEXT NOT NULL,"
	" spec TEXT NOT NULL) WITHOUT ROWID;"
	"PRAGMA user_version=1;"
	"COMMIT;",
	"BEGIN;"
	"ALTER TABLE container ADD COLUMN restart_count INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE container ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;"
	"PRAGMA user_version=2;"
	"COMMIT;",
};

#define SCHEMA_VERSION ((int)ARRAY_SIZE(schema))

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
	*t = (struct texts){ 0 };
}

static int sqlite_error(sqlite3 *db, const char *what, struct err *err)
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

static int get_version(struct state *st, int *ret, struct err *err)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(st->db, "PRAGMA user_version", -1, &stmt, NULL) != SQLITE_OK)
		return sqlite_error(st->db, "cannot be read", err);
	*ret = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : -1;
	sqlite3_finalize(stmt);
	return *ret < 0 ? sqlite_error(st->db, "cannot be read", err) : 0;
}

static int prepare_file(struct state *st, struct err *err)
{
	int version = 0, r;

	if (!reserve_prepare(st->db) ||
	    sqlite3_exec(st->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", NULL, NULL,
			 NULL) != SQLITE_OK)
		return sqlite_error(st->db, "cannot be used", err);
	r = get_version(st, &version, err);
	if (r < 0)
		return r;
	if (version > SCHEMA_VERSION)
		return err_set(err, -EPROTO,
			       "state.db was written by a newer moat (schema %d, this one knows "
			       "%d): use that one",
			       version, SCHEMA_VERSION);
	for (; version < SCHEMA_VERSION; version++)
		if (sqlite3_exec(st->db, schema[version], NULL, NULL, NULL) != SQLITE_OK)
			return sqlite_error(st->db, "cannot be set up", err);
	return 0;
}

/* @ret: to be closed in any case */
static int connect_to(const char *path, int flags, sqlite3 **ret, struct err *err)
{
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	return sqlite3_open_v2(path, ret, flags, NULL) == SQLITE_OK ? 0
								    : sqlite_error(*ret, path, err);
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

static void bind_text(sqlite3_stmt *stmt, const char *parameter, const char *text)
{
	int i = sqlite3_bind_parameter_index(stmt, parameter);

	if (i > 0)
		sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
}

static void bind_int(sqlite3_stmt *stmt, const char *parameter, int64_t value)
{
	int i = sqlite3_bind_parameter_index(stmt, parameter);

	if (i > 0)
		sqlite3_bind_int64(stmt, i, value);
}

static void bind_record(sqlite3_stmt *stmt, const struct record *rec)
{
	bind_text(stmt, ":id", rec->id);
	bind_text(stmt, ":name", rec->name);
	bind_int(stmt, ":created", rec->created_nsec);
	bind_text(stmt, ":image", rec->image);
	bind_text(stmt, ":manifest", rec->manifest.text);
	bind_text(stmt, ":image_config", rec->config.text);
	bind_int(stmt, ":state", rec->state);
	bind_int(stmt, ":exit_code", rec->exit_code);
	bind_int(stmt, ":oom", rec->oom);
	bind_text(stmt, ":error", rec->error ? rec->error : "");
	bind_int(stmt, ":started", rec->started_nsec);
	bind_int(stmt, ":finished", rec->finished_nsec);
	bind_int(stmt, ":pid", rec->pid);
	bind_int(stmt, ":restart_count", rec->restart_count);
	bind_int(stmt, ":stopped", rec->stopped);
}

/* Run a statement without rows; every parameter it names is bound from @rec and @texts. */
static int run_statement(struct state *st, const char *sql, const struct record *rec,
			 const struct texts *texts, struct err *err)
{
	sqlite3_stmt *stmt;
	int r;

	pthread_mutex_lock(&st->lock);
	st->has_log_room = st->has_log_room || reserve_log(st->path);
	r = texts ? reserve_row(st->db, texts, err) : 0;
	if (r == 0 && sqlite3_prepare_v2(st->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		r = sqlite_error(st->db, rec->id, err);
	if (r == 0) {
		bind_record(stmt, rec);
		if (texts) {
			bind_text(stmt, ":config", texts->config);
			bind_text(stmt, ":host_config", texts->host_config);
			bind_text(stmt, ":spec", texts->spec);
		}
		if (sqlite3_step(stmt) != SQLITE_DONE)
			r = sqlite_error(st->db, rec->id, err);
		sqlite3_finalize(stmt);
	}
	pthread_mutex_unlock(&st->lock);
	return r;
}

int state_insert(struct state *st, const struct record *rec, const struct texts *texts,
		 struct err *err)
{
	return run_statement(
		st,
		"INSERT INTO container VALUES (:id, :name, :created, :image, :manifest,"
		" :image_config, :state, :exit_code, :oom, :error, :started, :finished, :pid,"
		" :config, :host_config, :spec, :restart_count, :stopped)",
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

int state_delete(struct state *st, const char *id, struct err *err)
{
	struct record rec = { 0 };

	memcpy(rec.id, id, strnlen(id, ID_LEN));
	return run_statement(st, "DELETE FROM container WHERE id=:id", &rec, NULL, err);
}

static char *column_text(sqlite3_stmt *stmt, int i)
{
	const unsigned char *text = sqlite3_column_text(stmt, i);

	return strdup(text ? (const char *)text : "");
}

static int read_texts(sqlite3_stmt *stmt, int first, struct texts *ret)
{
	ret->config = column_text(stmt, first);
	ret->host_config = column_text(stmt, first + 1);
	ret->spec = column_text(stmt, first + 2);
	return ret->config && ret->host_config && ret->spec ? 0 : -ENOMEM;
}

int state_texts(struct state *st, const char *id, struct texts *ret, struct err *err)
{
	struct texts t = { 0 };
	sqlite3_stmt *stmt;
	int r = -ENOENT;

	pthread_mutex_lock(&st->reader_lock);
	if (sqlite3_prepare_v2(st->reader,
			       "SELECT config, host_config, spec FROM container WHERE id=:id", -1,
			       &stmt, NULL) != SQLITE_OK) {
		r = sqlite_error(st->reader, id, err);
	} else {
		bind_text(stmt, ":id", id);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			r = read_texts(stmt, 0, &t);
		sqlite3_finalize(stmt);
	}
	pthread_mutex_unlock(&st->reader_lock);
	if (r < 0) {
		texts_reset(&t);
		return r == -ENOENT ? err_set(err, r, "No such container: %s", id) : r;
	}
	*ret = t;
	return 0;
}

static int read_row(sqlite3_stmt *stmt, struct record *rec, struct texts *texts)
{
	cleanup_free char *id = column_text(stmt, 0), *manifest = column_text(stmt, 4),
			  *config = column_text(stmt, 5);

	rec->name = column_text(stmt, 1);
	rec->created_nsec = sqlite3_column_int64(stmt, 2);
	rec->image = column_text(stmt, 3);
	rec->state = (enum record_state)sqlite3_column_int(stmt, 6);
	rec->exit_code = sqlite3_column_int(stmt, 7);
	rec->oom = sqlite3_column_int(stmt, 8) != 0;
	rec->error = column_text(stmt, 9);
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
	return read_texts(stmt, 13, texts);
}

int state_each(struct state *st, int (*fn)(struct record *rec, struct texts *texts, void *arg),
	       void *arg, struct err *err)
{
	sqlite3_stmt *stmt;
	int r = 0, step = SQLITE_DONE;

	if (sqlite3_prepare_v2(st->db, "SELECT * FROM container ORDER BY created", -1, &stmt,
			       NULL) != SQLITE_OK)
		return sqlite_error(st->db, "cannot be read", err);
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
		r = sqlite_error(st->db, "cannot be read", err);
	sqlite3_finalize(stmt);
	return r;
}
