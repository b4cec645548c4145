/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/state/ports.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/state/sql.h"

int state_put_ports(struct state *st, const char *container, const char *text, struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":id", container),
					SQL_TEXT(":ports", text),
					{ 0 } };

	return sql_run(st, container,
		       "INSERT OR REPLACE INTO published (container, ports) VALUES (:id, :ports)",
		       args, err);
}

static int see_ports(sqlite3_stmt *stmt, void *arg)
{
	char **ret = arg;

	free(*ret);
	*ret = sql_text(stmt, 0);
	return *ret ? 0 : -ENOMEM;
}

int state_get_ports(struct state *st, const char *container, char **ret, struct err *err)
{
	const struct sql_arg args[] = { SQL_TEXT(":id", container), { 0 } };
	char *text = NULL;
	int r = sql_each(st, "SELECT ports FROM published WHERE container=:id", args, see_ports,
			 &text, err);

	if (r < 0) {
		free(text);
		return r;
	}
	*ret = text;
	return 0;
}
