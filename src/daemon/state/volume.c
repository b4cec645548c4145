/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/state/volume.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "daemon/state/reserve.h"
#include "daemon/state/sql.h"

void volume_record_reset(struct volume_record *v)
{
	free(v->name);
	free(v->labels);
	free(v->options);
	free(v->owner);
	*v = (struct volume_record){ 0 };
}

static int add_volume(struct state *st, const struct volume_record *v, struct err *err)
{
	const struct sql_arg args[] = {
		SQL_TEXT(":name", v->name),
		SQL_NUMBER(":created", v->created_nsec),
		SQL_TEXT(":labels", v->labels),
		SQL_TEXT(":options", v->options),
		SQL_NUMBER(":anonymous", v->anonymous),
		SQL_TEXT(":owner", v->owner),
		SQL_NUMBER(":copying", v->copying),
		{ 0 },
	};
	const struct texts texts = { .config = v->labels, .host_config = v->options };
	int r = reserve_row(st->db, &texts, err);

	if (r < 0)
		return r;
	return sql_run_locked(st, v->name,
			      "INSERT INTO volume (name, created, labels, options, anonymous,"
			      " owner, copying) VALUES (:name, :created, :labels, :options,"
			      " :anonymous, :owner, :copying)",
			      args, err);
}

int state_add_volumes(struct state *st, const struct volume_record *const *list, size_t n,
		      struct err *err)
{
	int r = n > 0 ? sql_begin(st, list[0]->name, err) : 0;

	if (r < 0 || n == 0)
		return r;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_volume(st, list[i], err);
	return sql_end(st, list[0]->name, r, err);
}

int state_own_volume(struct state *st, const char *name, const char *owner, struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":name", name), SQL_TEXT(":owner", owner), { 0 } };

	return sql_run(st, name, "UPDATE volume SET owner=:owner WHERE name=:name", args, err);
}

int state_copy_volume(struct state *st, const char *name, bool copying, struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":name", name),
					SQL_NUMBER(":copying", copying),
					{ 0 } };

	return sql_run(st, name, "UPDATE volume SET copying=:copying WHERE name=:name", args, err);
}

int state_remove_volume(struct state *st, const char *name, struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":name", name), { 0 } };

	return sql_run(st, name, "DELETE FROM volume WHERE name=:name", args, err);
}

struct walk {
	int (*fn)(struct volume_record *v, void *arg);
	void *arg;
};

static int see_volume(sqlite3_stmt *stmt, void *arg)
{
	const struct walk *w = arg;
	cleanup(volume_record_reset) struct volume_record v = {
		.name = sql_text(stmt, 0),
		.created_nsec = sqlite3_column_int64(stmt, 1),
		.labels = sql_text(stmt, 2),
		.options = sql_text(stmt, 3),
		.anonymous = sqlite3_column_int(stmt, 4) != 0,
		.owner = sql_text(stmt, 5),
		.copying = sqlite3_column_int(stmt, 6) != 0,
	};

	return v.name && v.labels && v.options && v.owner ? w->fn(&v, w->arg) : -ENOMEM;
}

int state_each_volume(struct state *st, int (*fn)(struct volume_record *v, void *arg), void *arg,
		      struct err *err)
{
	struct walk w = { fn, arg };

	return sql_each(st,
			"SELECT name, created, labels, options, anonymous, owner, copying"
			" FROM volume ORDER BY name",
			NULL, see_volume, &w, err);
}
