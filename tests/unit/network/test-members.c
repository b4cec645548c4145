/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "daemon/network/member-run.h"
#include "told-member.h"

static const char *const on_web[] = { "web", NULL };

/* The first address it starts with. */
static void assert_starts_with(char n, const char *address)
{
	cleanup(wiring_reset) struct wiring w = told_begin(n);

	assert_int_equal(w.network.n, 1);
	assert_string_equal(w.network.interfaces[0].addresses[0], address);
}

static void a_start_gives_addresses_and_tells_of_networks_and_ports(void **state)
{
	static const char *const both[] = { "web", "db {\"Aliases\":[\"base\",\"a b\"]}", NULL };
	cleanup(wiring_reset) struct wiring w = { 0 };

	(void)state;
	told_network(WEB);
	told_network(DB);
	told_add('1', both);
	w = told_begin('1');
	assert_int_equal(w.network.n, 2);
	assert_string_equal(w.network.interfaces[0].name, "eth0");
	assert_string_equal(w.network.interfaces[0].addresses[0], "10.7.0.2/29");
	assert_string_equal(w.network.interfaces[0].gateway4, "10.7.0.1");
	assert_string_equal(w.network.interfaces[1].addresses[0], "10.8.0.2/24");
	assert_string_equal(w.network.interfaces[1].addresses[1], "fd00:8::2/64");
	assert_string_equal(w.network.interfaces[1].gateway6, "fd00:8::1");
	assert_string_equal(w.hosts[0], "10.7.0.2\th1");
	assert_string_equal(w.hosts[2], "fd00:8::2\th1");
	assert_string_equal(w.servers[0], "10.7.0.1");
	assert_int_equal(w.host.bytes[3], 1);
	told_assert("10.8.0.0/24 via 10.8.0.1 fd00:8::/64 via fd00:8::1");
	told_plug('1', "t4");
	told_assert("02:42:0a:08:00:02 10.8.0.2 fd00:8::2 as c1,c1.db,base,111111111111,h1\n");
	member_end(told_nets(), told_id('1'));
	assert_string_equal(told_text(), "gone t4/3\n");
}

static void an_address_stays_over_restarts_of_container_and_moatd(void **state)
{
	(void)state;
	told_network(WEB);
	told_add('1', on_web);
	told_add('2', on_web);
	assert_starts_with('2', "10.7.0.2/29");
	assert_starts_with('1', "10.7.0.3/29");
	member_end(told_nets(), told_id('1'));
	member_end(told_nets(), told_id('2'));
	assert_starts_with('1', "10.7.0.3/29");
	told_reopen();
	told_load('1');
	told_load('2');
	told_add('3', on_web);
	assert_starts_with('3', "10.7.0.4/29");
	assert_starts_with('2', "10.7.0.2/29");
	assert_starts_with('1', "10.7.0.3/29");
}

static void what_is_asked_for_is_had_or_refused_by_name(void **state)
{
	static const char *const five[] = { "web {\"IPAMConfig\":{\"IPv4Address\":\"10.7.0.5\"},"
					    "\"MacAddress\":\"02:00:00:00:00:05\"}",
					    NULL };
	static const char *const outside[] = {
		"web {\"IPAMConfig\":{\"IPv4Address\":\"10.9.0.5\"}}", NULL
	};
	static const char *const gateway[] = {
		"web {\"IPAMConfig\":{\"IPv4Address\":\"10.7.0.1\"}}", NULL
	};
	static const char *const six[] = { "web {\"IPAMConfig\":{\"IPv6Address\":\"fd00::5\"}}",
					   NULL };
	static const char *const nowhere[] = { "nosuch", NULL };
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(WEB);
	told_add('1', five);
	w = told_begin('1');
	assert_string_equal(w.network.interfaces[0].addresses[0], "10.7.0.5/29");
	assert_int_equal(w.network.interfaces[0].mac[5], 5);
	assert_int_equal(told_member('2', five, &err), -EBUSY);
	assert_string_equal(err.msg, "address already in use: 10.7.0.5 on network web is container "
				     "\"c1\"'s");
	assert_int_equal(told_member('2', outside, &err), -EINVAL);
	assert_int_equal(told_member('2', gateway, &err), -EINVAL);
	assert_int_equal(told_member('2', six, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "IPv6"));
	assert_int_equal(told_member('2', nowhere, &err), -ENOENT);
	/* Nothing is left of what could not be made. */
	told_add('2', on_web);
	assert_starts_with('2', "10.7.0.2/29");
}

static void a_container_that_does_not_run_gives_way_to_one_that_asks(void **state)
{
	static const char *const two[] = { "web {\"IPAMConfig\":{\"IPv4Address\":\"10.7.0.2\"}}",
					   NULL };
	struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(WEB);
	told_add('1', on_web);
	assert_starts_with('1', "10.7.0.2/29");
	member_end(told_nets(), told_id('1'));
	told_add('2', two);
	assert_starts_with('2', "10.7.0.2/29");
	assert_starts_with('1', "10.7.0.3/29");
	/* As compose makes a container anew: the old one is there while the new one is made. */
	member_end(told_nets(), told_id('2'));
	told_add('3', two);
	assert_starts_with('3', "10.7.0.2/29");
	assert_int_equal(member_begin(told_nets(), told_id('2'), &w, &err), -EBUSY);
	member_forget(told_nets(), told_id('3'));
	assert_starts_with('2', "10.7.0.2/29");
}

static void stopped_containers_do_not_use_a_network_up(void **state)
{
	struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(WEB);
	for (char n = '1'; n <= '5'; n++) {
		told_add(n, on_web);
		wiring_reset(&w);
		w = told_begin(n);
	}
	wiring_reset(&w);
	told_add('6', on_web);
	assert_int_equal(member_begin(told_nets(), told_id('6'), &w, &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.msg, "no address is left on network web"));
	member_end(told_nets(), told_id('3'));
	assert_starts_with('6', "10.7.0.4/29");
	assert_int_equal(member_begin(told_nets(), told_id('3'), &w, &err), -EADDRNOTAVAIL);
}

static void nobody_has_an_address_twice_whatever_happens_in_between(void **state)
{
	bool seen[8] = { 0 };

	(void)state;
	told_network(WEB);
	for (char n = '1'; n <= '5'; n++)
		told_add(n, on_web);
	for (char n = '1'; n <= '5'; n++) {
		struct wiring w = told_begin(n);
		int last = w.network.interfaces[0].addresses[0][7] - '0';

		assert_in_range(last, 2, 6);
		assert_false(seen[last]);
		seen[last] = true;
		wiring_reset(&w);
		/* moatd dies, again and again; those that run go on. */
		told_reopen();
		for (char k = '1'; k <= '5'; k++)
			told_load(k);
		for (char k = '1'; k <= n; k++) {
			member_found(told_nets(), told_id(k), "t1", -1);
			assert_int_equal(member_renew(told_nets(), told_id(k), &w, NULL), 0);
			wiring_reset(&w);
		}
	}
}

static void rows_of_containers_that_are_gone_are_forgotten(void **state)
{
	(void)state;
	told_network(WEB);
	told_add('1', on_web);
	told_add('2', on_web);
	assert_starts_with('1', "10.7.0.2/29");
	told_reopen();
	told_load('2');
	members_tidy(told_nets());
	assert_starts_with('2', "10.7.0.2/29");
}

static void a_host_without_networks_says_so_and_runs_what_needs_none(void **state)
{
	static const char *const none[] = { NULL };
	struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(WEB);
	told_add('1', on_web);
	told_add('2', none);
	told_forbid(true);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), -EACCES);
	assert_string_equal(err.msg, "no network here");
	w = told_begin('2');
	assert_int_equal(w.network.n, 0);
	told_plug('2', "");
	member_end(told_nets(), told_id('2'));
	assert_string_equal(told_text(), "");
}

static void what_an_earlier_moatd_has_published_is_given_up_once(void **state)
{
	(void)state;
	told_network(WEB);
	told_add('1', on_web);
	assert_starts_with('1', "10.7.0.2/29");
	told_reopen();
	told_load('1');
	(void)told_text();
	/* It has ended while there was no moatd: nobody knows whether it had ports. */
	member_end(told_nets(), told_id('1'));
	assert_string_equal(told_text(), "unpublish 1\n");
	assert_starts_with('1', "10.7.0.2/29");
	(void)told_text();
	member_end(told_nets(), told_id('1'));
	assert_string_equal(told_text(), "");
}

static void a_start_that_fails_leaves_the_network_free(void **state)
{
	struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(WEB);
	told_add('1', on_web);
	told_fail(NET_NETWORK, -EIO);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), -EIO);
	assert_string_equal(err.msg, "network web: moat-net says no");
	assert_int_equal(network_remove(told_nets(), "web", &err), 0);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), -ENOENT);
	assert_string_equal(err.msg, "network web not found");
	/* One of the same name does as well. */
	told_fail(NET_HELLO, 0);
	told_network(WEB);
	assert_starts_with('1', "10.7.0.2/29");
}

static void a_start_that_takes_long_finds_its_network_made_again(void **state)
{
	cleanup(wiring_reset) struct wiring w = { 0 };

	(void)state;
	told_network(WEB);
	told_add('1', on_web);
	w = told_begin('1');
	(void)told_text();
	told_idle();
	told_plug('1', "t4");
	assert_true(str_starts(told_text(), "network "));
	told_idle();
	member_end(told_nets(), told_id('1'));
	assert_string_equal(told_text(), "gone t4/1\n");
}

static void a_link_is_a_line_in_etc_hosts_with_an_address_that_stays(void **state)
{
	static const char *const linked[] = { "web {\"Links\":[\"c1:database\"]}", NULL };
	static const char *const nobody[] = { "web {\"Links\":[\"c9:x\"]}", NULL };
	static const char *const elsewhere[] = { "db {\"Links\":[\"c1:x\"]}", NULL };
	static const char *const both[] = { "db {\"Links\":[\"c1:x\"]}",
					    "web {\"Links\":[\"c1:x\"]}", NULL };
	struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(WEB);
	told_network(DB);
	told_add('1', on_web);
	told_add('2', linked);
	told_add('3', nobody);
	told_add('4', elsewhere);
	w = told_begin('2');
	assert_string_equal(w.hosts[1], "10.7.0.3\tdatabase c1");
	wiring_reset(&w);
	assert_starts_with('1', "10.7.0.3/29");
	assert_int_equal(member_begin(told_nets(), told_id('3'), &w, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "c9"));
	assert_int_equal(member_begin(told_nets(), told_id('4'), &w, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "not on network db"));
	/* Of two networks, the one that both are on is what counts. */
	told_add('5', both);
	w = told_begin('5');
	assert_true(strv_has(w.hosts, "10.7.0.3\tx c1"));
	wiring_reset(&w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, told_set_up, told_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_start_gives_addresses_and_tells_of_networks_and_ports),
		TEST(an_address_stays_over_restarts_of_container_and_moatd),
		TEST(what_is_asked_for_is_had_or_refused_by_name),
		TEST(a_container_that_does_not_run_gives_way_to_one_that_asks),
		TEST(stopped_containers_do_not_use_a_network_up),
		TEST(nobody_has_an_address_twice_whatever_happens_in_between),
		TEST(rows_of_containers_that_are_gone_are_forgotten),
		TEST(a_host_without_networks_says_so_and_runs_what_needs_none),
		TEST(what_an_earlier_moatd_has_published_is_given_up_once),
		TEST(a_start_that_fails_leaves_the_network_free),
		TEST(a_start_that_takes_long_finds_its_network_made_again),
		TEST(a_link_is_a_line_in_etc_hosts_with_an_address_that_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
