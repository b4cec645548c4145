/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"
#include "base/str.h"
#include "daemon/state/network.h"

static char root[] = "/tmp/moat-rows-XXXXXX";
static struct state *st;

static int set_up(void **state)
{
	struct err err = { 0 };

	(void)state;
	strcpy(root, "/tmp/moat-rows-XXXXXX");
	return mkdtemp(root) ? state_open(root, &st, &err) : -1;
}

static int tear_down(void **state)
{
	(void)state;
	state_close(st);
	return path_remove_tree(AT_FDCWD, root);
}

static void open_again(void)
{
	struct err err = { 0 };

	state_close(st);
	if (state_open(root, &st, &err) < 0)
		fail_msg("%s", err.msg);
}

static struct network_record network(char digit, char *name)
{
	static char driver[] = "bridge", config[] = "{}";
	struct network_record n = { .name = name, .driver = driver, .config = config };

	memset(n.id, digit, ID_LEN);
	n.created_nsec = digit;
	return n;
}

static struct endpoint_record endpoint(char digit, char *network, const char *ip4)
{
	static char config[] = "{\"Aliases\":[\"a\"]}";
	struct endpoint_record e = { .network = network, .config = config };

	memset(e.container, digit, ID_LEN);
	memset(e.id, digit, ID_LEN);
	if (ip4) {
		assert_int_equal(ip_parse(ip4, &e.lease.ip4), 0);
		strcpy(e.lease.mac, "02:42:00:00:00:0");
		e.lease.mac[16] = digit;
	}
	return e;
}

struct seen {
	size_t n;
	char names[8][32];
	struct endpoint_record endpoints[8];
};

static int see_network(struct network_record *n, void *arg)
{
	struct seen *seen = arg;

	strcpy(seen->names[seen->n++], n->name);
	return 0;
}

static int see_endpoint(struct endpoint_record *e, void *arg)
{
	struct seen *seen = arg;

	seen->endpoints[seen->n++] = *e;
	*e = (struct endpoint_record){ 0 };
	return 0;
}

static struct seen endpoints(void)
{
	struct seen seen = { 0 };

	assert_int_equal(state_each_endpoint(st, see_endpoint, &seen, NULL), 0);
	return seen;
}

static void seen_reset(struct seen *seen)
{
	for (size_t i = 0; i < seen->n; i++)
		endpoint_record_reset(&seen->endpoints[i]);
}

static void networks_are_kept_and_their_names_are_theirs_alone(void **state)
{
	static char web[] = "web", db[] = "db";
	struct network_record a = network('b', web), b = network('a', db), c = network('c', web);
	struct seen seen = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(state_add_network(st, &a, &err), 0);
	assert_int_equal(state_add_network(st, &b, &err), 0);
	assert_int_equal(state_add_network(st, &c, &err), -EEXIST);
	open_again();
	assert_int_equal(state_each_network(st, see_network, &seen, &err), 0);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.names[0], "db");
	assert_string_equal(seen.names[1], "web");
	assert_int_equal(state_remove_network(st, "db", &err), 0);
	assert_int_equal(state_remove_network(st, "db", &err), 0);
	seen.n = 0;
	assert_int_equal(state_each_network(st, see_network, &seen, &err), 0);
	assert_int_equal(seen.n, 1);
}

static void an_address_belongs_to_one_endpoint_of_a_network(void **state)
{
	static char web[] = "web", db[] = "db";
	struct endpoint_record a = endpoint('1', web, "10.0.0.2"),
			       b = endpoint('2', web, "10.0.0.2"),
			       c = endpoint('3', db, "10.0.0.2");
	struct seen seen;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(state_put_endpoint(st, &a, &err), 0);
	assert_int_equal(state_put_endpoint(st, &b, &err), 0);
	assert_int_equal(state_put_endpoint(st, &c, &err), 0);
	assert_int_equal(state_lease(st, &a, &err), 0);
	assert_int_equal(state_lease(st, &b, &err), -EEXIST);
	/* On another network it is another address. */
	assert_int_equal(state_lease(st, &c, &err), 0);
	a.lease = (struct lease_record){ 0 };
	assert_int_equal(state_lease(st, &a, &err), 0);
	assert_int_equal(state_lease(st, &b, &err), 0);
	open_again();
	seen = endpoints();
	assert_int_equal(seen.n, 3);
	assert_true(ip_is_none(&seen.endpoints[0].lease.ip4));
	assert_true(ip_equal(&seen.endpoints[1].lease.ip4, &b.lease.ip4));
	assert_string_equal(seen.endpoints[1].lease.mac, b.lease.mac);
	assert_string_equal(seen.endpoints[1].config, b.config);
	seen_reset(&seen);
}

static void a_mac_and_a_slot_belong_to_one_endpoint_too(void **state)
{
	static char web[] = "web", db[] = "db";
	struct endpoint_record a = endpoint('1', web, "10.0.0.2"),
			       b = endpoint('2', web, "10.0.0.3"), c = endpoint('1', db, NULL);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(state_put_endpoint(st, &a, &err), 0);
	assert_int_equal(state_put_endpoint(st, &b, &err), 0);
	assert_int_equal(state_lease(st, &a, &err), 0);
	strcpy(b.lease.mac, a.lease.mac);
	assert_int_equal(state_lease(st, &b, &err), -EEXIST);
	assert_int_equal(state_put_endpoint(st, &c, &err), -EEXIST);
	c.slot = 1;
	assert_int_equal(state_put_endpoint(st, &c, &err), 0);
}

static void a_network_that_goes_or_changes_takes_the_addresses_and_leaves_the_rows(void **state)
{
	static char web[] = "web", db[] = "db", changed[] = "{\"Internal\":true}";
	struct network_record n = network('a', web), other = network('b', db);
	struct endpoint_record a = endpoint('1', web, "10.0.0.2"),
			       b = endpoint('2', db, "10.0.0.2");
	struct seen seen;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(state_add_network(st, &n, &err), 0);
	assert_int_equal(state_add_network(st, &other, &err), 0);
	assert_int_equal(state_put_endpoint(st, &a, &err), 0);
	assert_int_equal(state_put_endpoint(st, &b, &err), 0);
	assert_int_equal(state_lease(st, &a, &err), 0);
	assert_int_equal(state_lease(st, &b, &err), 0);
	n.config = changed;
	assert_int_equal(state_change_network(st, &n, &err), 0);
	seen = endpoints();
	assert_true(ip_is_none(&seen.endpoints[0].lease.ip4));
	assert_false(ip_is_none(&seen.endpoints[1].lease.ip4));
	seen_reset(&seen);
	assert_int_equal(state_remove_network(st, "db", &err), 0);
	seen = endpoints();
	assert_int_equal(seen.n, 2);
	assert_true(ip_is_none(&seen.endpoints[1].lease.ip4));
	assert_string_equal(seen.endpoints[1].network, "db");
	seen_reset(&seen);
}

static void endpoints_go_with_their_container_or_one_by_one(void **state)
{
	static char web[] = "web", db[] = "db", both[] = "both";
	struct endpoint_record a = endpoint('1', web, NULL), b = endpoint('1', db, NULL),
			       c = endpoint('1', both, NULL), d = endpoint('2', web, NULL);
	char container[ID_LEN + 1] = "";
	struct seen seen;
	struct err err = { 0 };

	(void)state;
	memset(container, '1', ID_LEN);
	b.slot = 2;
	c.slot = 1;
	assert_int_equal(state_put_endpoint(st, &a, &err), 0);
	assert_int_equal(state_put_endpoint(st, &b, &err), 0);
	assert_int_equal(state_put_endpoint(st, &c, &err), 0);
	assert_int_equal(state_put_endpoint(st, &d, &err), 0);
	seen = endpoints();
	assert_string_equal(seen.endpoints[1].network, "both");
	assert_string_equal(seen.endpoints[2].network, "db");
	seen_reset(&seen);
	assert_int_equal(state_remove_endpoint(st, container, "web", &err), 0);
	seen = endpoints();
	assert_int_equal(seen.n, 3);
	seen_reset(&seen);
	assert_int_equal(state_remove_endpoint(st, container, NULL, &err), 0);
	seen = endpoints();
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.endpoints[0].container[0], '2');
	seen_reset(&seen);
}

static void execute(const char *sql)
{
	cleanup_free char *path = str_printf("%s/state.db", root);
	sqlite3 *db;
	char *message = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(db);
}

/* What version 2 had, with a container in it. */
#define OLD_TABLES                                                                                 \
	"DROP TABLE network; DROP TABLE endpoint; DROP TABLE container; DROP TABLE published;"     \
	"DROP TABLE volume;"                                                                       \
	"CREATE TABLE container ("                                                                 \
	" id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL,"               \
	" image TEXT NOT NULL, manifest TEXT NOT NULL, image_config TEXT NOT NULL,"                \
	" state INTEGER NOT NULL, exit_code INTEGER NOT NULL, oom INTEGER NOT NULL,"               \
	" error TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER NOT NULL,"               \
	" pid INTEGER NOT NULL, config TEXT NOT NULL, host_config TEXT NOT NULL,"                  \
	" spec TEXT NOT NULL, restart_count INTEGER NOT NULL DEFAULT 0,"                           \
	" stopped INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"                                      \
	"INSERT INTO container VALUES ('x','box',1,'i','m','c',2,0,0,'',1,2,0,'{}',"               \
	" '{\"NetworkMode\":\"default\"}','{}',0,0);"                                              \
	"PRAGMA user_version=2;"

static void a_file_of_before_there_were_networks_gets_them_and_keeps_what_it_has(void **state)
{
	static char web[] = "web";
	struct network_record n = network('a', web);
	struct endpoint_record e = endpoint('1', web, "10.0.0.2");
	struct texts texts = { 0 };
	struct seen seen;
	struct err err = { 0 };

	(void)state;
	execute(OLD_TABLES);
	open_again();
	assert_int_equal(state_texts(st, "x", &texts, &err), 0);
	assert_string_equal(texts.host_config, "{\"NetworkMode\":\"default\"}");
	texts_reset(&texts);
	assert_int_equal(state_add_network(st, &n, &err), 0);
	/* Its containers are on no network, as before. */
	seen = endpoints();
	assert_int_equal(seen.n, 0);
	assert_int_equal(state_put_endpoint(st, &e, &err), 0);
	assert_int_equal(state_lease(st, &e, &err), 0);
	/* Endpoints go with their container. */
	strcpy(e.container, "x");
	execute("UPDATE endpoint SET container='x'");
	assert_int_equal(state_delete(st, "x", false, &err), 0);
	seen = endpoints();
	assert_int_equal(seen.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(networks_are_kept_and_their_names_are_theirs_alone,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_address_belongs_to_one_endpoint_of_a_network,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mac_and_a_slot_belong_to_one_endpoint_too, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_network_that_goes_or_changes_takes_the_addresses_and_leaves_the_rows,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(endpoints_go_with_their_container_or_one_by_one,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_of_before_there_were_networks_gets_them_and_keeps_what_it_has,
			set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
