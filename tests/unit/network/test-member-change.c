/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "daemon/network/member-change.h"
#include "daemon/network/member-run.h"
#include "told-member.h"

static const char *const on_web[] = { "web", NULL };

/* Container 1 runs on one of two networks, its tap is t4.  Return: wiring_reset(). */
static struct wiring run_on_web(void)
{
	struct wiring w;

	told_network(WEB);
	told_network(DB);
	told_add('1', on_web);
	w = told_begin('1');
	told_plug('1', "t4");
	return w;
}

static void a_container_that_runs_joins_and_leaves_networks(void **state)
{
	struct member_wish wish = { .network = strdup("db") };
	struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	w = run_on_web();
	(void)told_text();
	wiring_reset(&w);
	assert_int_equal(member_connect(told_nets(), told_id('1'), &wish, &w, &err), 1);
	assert_int_equal(w.network.n, 2);
	assert_string_equal(w.network.interfaces[1].name, "eth1");
	told_assert("port t4/1 ");
	wiring_reset(&w);
	assert_int_equal(member_connect(told_nets(), told_id('1'), &wish, &w, &err), -EPERM);
	assert_non_null(strstr(err.msg, "already exists in network db"));
	assert_int_equal(member_disconnect(told_nets(), told_id('1'), "web", &w, &err), 1);
	assert_int_equal(w.network.n, 1);
	assert_string_equal(w.network.interfaces[0].name, "eth1");
	assert_string_equal(w.network.interfaces[0].gateway4, "10.8.0.1");
	told_assert("port-remove t4/0\n");
	wiring_reset(&w);
	assert_int_equal(member_disconnect(told_nets(), told_id('1'), "web", &w, &err), -EPERM);
	assert_non_null(strstr(err.msg, "not connected"));
	free(wish.network);
	/* The lowest slot is taken again. */
	wish.network = strdup("web");
	assert_int_equal(member_connect(told_nets(), told_id('1'), &wish, &w, &err), 1);
	assert_string_equal(w.network.interfaces[0].name, "eth0");
	wiring_reset(&w);
	free(wish.network);
}

static void a_connection_that_fails_is_taken_back(void **state)
{
	struct member_wish wish = { .network = strdup("db") };
	struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	w = run_on_web();
	wiring_reset(&w);
	told_fail(NET_PORT, -EIO);
	assert_int_equal(member_connect(told_nets(), told_id('1'), &wish, &w, &err), -EIO);
	told_fail(NET_HELLO, 0);
	member_end(told_nets(), told_id('1'));
	w = told_begin('1');
	assert_int_equal(w.network.n, 1);
	wiring_reset(&w);
	free(wish.network);
}

static void a_container_that_does_not_run_only_changes_its_rows(void **state)
{
	struct member_wish wish = { .network = strdup("db") };
	struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(WEB);
	told_network(DB);
	told_add('1', on_web);
	assert_int_equal(member_disconnect(told_nets(), told_id('1'), "web", &w, &err), 0);
	assert_int_equal(member_connect(told_nets(), told_id('1'), &wish, &w, &err), 0);
	assert_string_equal(told_text(), "");
	told_reopen();
	told_load('1');
	w = told_begin('1');
	assert_int_equal(w.network.n, 1);
	assert_string_equal(w.network.interfaces[0].name, "eth0");
	assert_string_equal(w.network.interfaces[0].addresses[0], "10.8.0.2/24");
	wiring_reset(&w);
	free(wish.network);
}

static void a_new_name_is_told(void **state)
{
	struct wiring w;

	(void)state;
	told_network(WEB);
	told_add('1', on_web);
	member_rename(told_nets(), told_id('1'), "other");
	assert_string_equal(told_text(), "");
	w = told_begin('1');
	told_plug('1', "t4");
	(void)told_text();
	member_rename(told_nets(), told_id('1'), "third");
	told_assert(" as third,third.web,");
	wiring_reset(&w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, told_set_up, told_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_container_that_runs_joins_and_leaves_networks),
		TEST(a_connection_that_fails_is_taken_back),
		TEST(a_container_that_does_not_run_only_changes_its_rows),
		TEST(a_new_name_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
