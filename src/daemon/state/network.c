/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/state/network.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "daemon/state/sql.h"

void network_record_reset(struct network_record *n)
{
	free(n->name);
	free(n->driver);
	free(n->config);
	*n = (struct network_record){ 0 };
}

void endpoint_record_reset(struct endpoint_record *e)
{
	free(e->network);
	free(e->config);
	*e = (struct endpoint_record){ 0 };
}

static int run_for_network(struct state *st, const char *sql, const struct network_record *n,
			   struct err *err)
{
	const struct sql_arg args[] = {
		SQL_TEXT(":name", n->name),
		SQL_TEXT(":id", n->id),
		SQL_NUMBER(":created", n->created_nsec),
		SQL_TEXT(":driver", n->driver),
		SQL_TEXT(":config", n->config),
		{ 0 },
	};

	return sql_run(st, n->name, sql, args, err);
}

int state_add_network(struct state *st, const struct network_record *n, struct err *err)
{
	return run_for_network(st,
			       "INSERT INTO network (name, id, created, driver, config)"
			       " VALUES (:name, :id, :created, :driver, :config)",
			       n, err);
}

int state_change_network(struct state *st, const struct network_record *n, struct err *err)
{
	return run_for_network(st, "UPDATE network SET config=:config WHERE name=:name", n, err);
}

int state_remove_network(struct state *st, const char *name, struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":name", name), { 0 } };

	return sql_run(st, name, "DELETE FROM network WHERE name=:name", args, err);
}

struct walk {
	int (*network)(struct network_record *n, void *arg);
	int (*endpoint)(struct endpoint_record *e, void *arg);
	void *arg;
};

static int read_id(sqlite3_stmt *stmt, int column, char ret[ID_LEN + 1])
{
	cleanup_free char *id = sql_text(stmt, column);

	if (!id)
		return -ENOMEM;
	if (strlen(id) != ID_LEN)
		return -EBADMSG;
	memcpy(ret, id, ID_LEN + 1);
	return 0;
}

static int see_network(sqlite3_stmt *stmt, void *arg)
{
	cleanup(network_record_reset) struct network_record n = { 0 };
	const struct walk *w = arg;
	int r = read_id(stmt, 1, n.id);

	n.name = sql_text(stmt, 0);
	n.created_nsec = sqlite3_column_int64(stmt, 2);
	n.driver = sql_text(stmt, 3);
	n.config = sql_text(stmt, 4);
	if (r == 0 && (!n.name || !n.driver || !n.config))
		r = -ENOMEM;
	return r == 0 ? w->network(&n, w->arg) : r;
}

int state_each_network(struct state *st, int (*fn)(struct network_record *n, void *arg), void *arg,
		       struct err *err)
{
	struct walk w = { .network = fn, .arg = arg };

	return sql_each(st,
			"SELECT name, id, created, driver, config FROM network ORDER BY created",
			NULL, see_network, &w, err);
}

/* NULL where there is no address: SQLite takes NULLs for different from each other. */
static const char *lease_text(const struct ip *ip, char buffer[IP_TEXT_MAX])
{
	ip_format(ip, buffer);
	return *buffer ? buffer : NULL;
}

static int run_for_endpoint(struct state *st, const char *sql, const struct endpoint_record *e,
			    bool along, struct err *err)
{
	char ip4[IP_TEXT_MAX], ip6[IP_TEXT_MAX];
	const struct sql_arg args[] = {
		SQL_TEXT(":container", e->container),
		SQL_TEXT(":network", e->network),
		SQL_TEXT(":id", e->id),
		SQL_NUMBER(":slot", e->slot),
		SQL_TEXT(":config", e->config),
		SQL_TEXT(":address4", lease_text(&e->lease.ip4, ip4)),
		SQL_TEXT(":address6", lease_text(&e->lease.ip6, ip6)),
		SQL_TEXT(":mac", *e->lease.mac ? e->lease.mac : NULL),
		{ 0 },
	};

	return (along ? sql_run_along : sql_run)(st, e->network, sql, args, err);
}

int state_put_endpoint(struct state *st, const struct endpoint_record *e, struct err *err)
{
	return run_for_endpoint(
		st,
		"INSERT INTO endpoint (container, network, id, slot, config)"
		" VALUES (:container, :network, :id, :slot, :config)"
		" ON CONFLICT (container, network) DO UPDATE SET id=:id, slot=:slot,"
		" config=:config",
		e, e->is_new, err);
}

int state_lease(struct state *st, const struct endpoint_record *e, struct err *err)
{
	return run_for_endpoint(
		st,
		"UPDATE endpoint SET address4=:address4, address6=:address6, mac=:mac"
		" WHERE container=:container AND network=:network",
		e, true, err);
}

int state_remove_endpoint(struct state *st, const char *container, const char *network,
			  struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":container", container),
					SQL_TEXT(":network", network),
					{ 0 } };

	return sql_run(st, container,
		       "DELETE FROM endpoint WHERE container=:container"
		       " AND (:network IS NULL OR network=:network)",
		       args, err);
}

static int read_lease(sqlite3_stmt *stmt, int first, struct lease_record *ret)
{
	cleanup_free char *ip4 = sql_text(stmt, first), *ip6 = sql_text(stmt, first + 1),
			  *mac = sql_text(stmt, first + 2);

	if (!ip4 || !ip6 || !mac)
		return -ENOMEM;
	if ((*ip4 && ip_parse(ip4, &ret->ip4) < 0) || (*ip6 && ip_parse(ip6, &ret->ip6) < 0) ||
	    strlen(mac) >= sizeof(ret->mac))
		return -EBADMSG;
	memcpy(ret->mac, mac, strlen(mac) + 1);
	return 0;
}

static int see_endpoint(sqlite3_stmt *stmt, void *arg)
{
	cleanup(endpoint_record_reset) struct endpoint_record e = { 0 };
	const struct walk *w = arg;
	int r = read_id(stmt, 0, e.container);

	if (r == 0)
		r = read_id(stmt, 2, e.id);
	if (r == 0)
		r = read_lease(stmt, 5, &e.lease);
	e.network = sql_text(stmt, 1);
	e.slot = (unsigned)sqlite3_column_int(stmt, 3);
	e.config = sql_text(stmt, 4);
	if (r == 0 && (!e.network || !e.config))
		r = -ENOMEM;
	return r == 0 ? w->endpoint(&e, w->arg) : r;
}

int state_each_endpoint(struct state *st, int (*fn)(struct endpoint_record *e, void *arg),
			void *arg, struct err *err)
{
	struct walk w = { .endpoint = fn, .arg = arg };

	return sql_each(st,
			"SELECT container, network, id, slot, config, address4, address6, mac"
			" FROM endpoint ORDER BY container, slot",
			NULL, see_endpoint, &w, err);
}
