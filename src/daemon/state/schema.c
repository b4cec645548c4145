/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The file says which version of the tables it has.  Each step from one
 * version to the next is one transaction, so a crash does no harm.  The file of a newer moat is
 * refused, as its meaning is not known.
 */
#include "daemon/state/schema.h"

#include <errno.h>

#include "base/macro.h"
#include "daemon/state/sql.h"

/* Statements that turn a file of version N - 1 into one of version N, each in one transaction. */
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
	/* Containers of version 2 are on no network, and stay so.  An address belongs to one
	 * endpoint of a network at most; the endpoints of a network that is removed stay, for one
	 * of the same name. */
	"BEGIN;"
	"CREATE TABLE network ("
	" name TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL,"
	" driver TEXT NOT NULL, config TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE endpoint ("
	" container TEXT NOT NULL, network TEXT NOT NULL, id TEXT NOT NULL,"
	" slot INTEGER NOT NULL, config TEXT NOT NULL,"
	" address4 TEXT, address6 TEXT, mac TEXT,"
	" PRIMARY KEY (container, network)) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX endpoint_slot ON endpoint (container, slot);"
	"CREATE UNIQUE INDEX lease4 ON endpoint (network, address4);"
	"CREATE UNIQUE INDEX lease6 ON endpoint (network, address6);"
	"CREATE UNIQUE INDEX lease_mac ON endpoint (network, mac);"
	"CREATE TRIGGER container_gone AFTER DELETE ON container BEGIN"
	" DELETE FROM endpoint WHERE container=OLD.id; END;"
	"CREATE TRIGGER network_gone AFTER DELETE ON network BEGIN"
	" UPDATE endpoint SET address4=NULL, address6=NULL, mac=NULL WHERE network=OLD.name; END;"
	"CREATE TRIGGER network_changed AFTER UPDATE OF config ON network BEGIN"
	" UPDATE endpoint SET address4=NULL, address6=NULL, mac=NULL WHERE network=OLD.name; END;"
	"PRAGMA user_version=3;"
	"COMMIT;",
	/* Ports of the host that moatd chose, so that the next moatd knows those of a running
	 * container. */
	"BEGIN;"
	"CREATE TABLE published (container TEXT PRIMARY KEY, ports TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TRIGGER container_gone_with_ports AFTER DELETE ON container BEGIN"
	" DELETE FROM published WHERE container=OLD.id; END;"
	"PRAGMA user_version=4;"
	"COMMIT;",
	"BEGIN;"
	"CREATE TABLE volume ("
	" name TEXT PRIMARY KEY, created INTEGER NOT NULL, labels TEXT NOT NULL,"
	" options TEXT NOT NULL, anonymous INTEGER NOT NULL, owner TEXT NOT NULL,"
	" copying INTEGER NOT NULL) WITHOUT ROWID;"
	"ALTER TABLE container ADD COLUMN mounts TEXT NOT NULL DEFAULT '[]';"
	"PRAGMA user_version=5;"
	"COMMIT;",
};

#define SCHEMA_VERSION ((int)ARRAY_SIZE(schema))

static int get_version(sqlite3 *db, int *ret, struct err *err)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL) != SQLITE_OK)
		return sql_error(db, "cannot be read", err);
	*ret = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : -1;
	sqlite3_finalize(stmt);
	return *ret < 0 ? sql_error(db, "cannot be read", err) : 0;
}

int schema_prepare(sqlite3 *db, struct err *err)
{
	int version = 0, r = get_version(db, &version, err);

	if (r < 0)
		return r;
	if (version > SCHEMA_VERSION)
		return err_set(err, -EPROTO,
			       "state.db was written by a newer moat (schema %d, this one knows "
			       "%d): use that one",
			       version, SCHEMA_VERSION);
	for (; version < SCHEMA_VERSION; version++)
		if (sqlite3_exec(db, schema[version], NULL, NULL, NULL) != SQLITE_OK)
			return sql_error(db, "cannot be set up", err);
	return 0;
}
