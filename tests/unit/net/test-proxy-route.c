/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/str.h"
#include "net/proxy/flow-table.h"
#include "net/proxy/route.h"

static struct peer peer_of(const char *text, uint16_t port)
{
	struct peer p = { .port = port };

	assert_int_equal(ip_parse(text, &p.ip), 0);
	return p;
}

static struct proxy_target both_families(void)
{
	struct proxy_target t = { .port = 80, .shows_clients = true };

	assert_int_equal(ip_net_parse("10.1.2.3/24", &t.v4.net), 0);
	assert_int_equal(ip_parse("10.1.2.1", &t.v4.gateway), 0);
	assert_int_equal(ip_net_parse("fd00:1::3/64", &t.v6.net), 0);
	assert_int_equal(ip_parse("fd00:1::1", &t.v6.gateway), 0);
	return t;
}

/* @from: "ADDRESS:PORT ADDRESS:PORT …", the sources in their order */
static void check_route_of(const struct proxy_target *t, const char *client, bool is_own,
			   const char *to, const char *from)
{
	const struct peer p = peer_of(client, 5000);
	char text[256] = "", ip[IP_TEXT_MAX];
	struct route r;

	assert_int_equal(route_choose(t, &p, is_own, &r), 0);
	ip_format(&r.to.ip, ip);
	assert_string_equal(ip, to);
	assert_int_equal(r.to.port, 80);
	for (size_t i = 0; i < r.n_from; i++) {
		ip_format(&r.from[i].ip, ip);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %u", i ? ", " : "",
			 ip, r.from[i].port);
	}
	assert_string_equal(text, from);
}

static void check_route(const struct proxy_target *t, const char *client, const char *to,
			const char *from)
{
	check_route_of(t, client, false, to, from);
}

static void a_client_is_shown_as_it_is(void **state)
{
	const struct proxy_target t = both_families();

	(void)state;
	check_route(&t, "192.0.2.7", "10.1.2.3", "192.0.2.7 5000, 192.0.2.7 0, 10.1.2.1 0");
	check_route(&t, "10.1.3.7", "10.1.2.3", "10.1.3.7 5000, 10.1.3.7 0, 10.1.2.1 0");
	check_route(&t, "2001:db8::7", "fd00:1::3", "2001:db8::7 5000, 2001:db8::7 0, fd00:1::1 0");
}

static void a_client_whose_address_means_nothing_there_is_the_gateway(void **state)
{
	static const char *const local[] = { "127.0.0.1", "127.9.9.9",	 "0.0.0.0",
					     "224.0.0.1", "169.254.1.1", "255.255.255.255" };
	static const char *const local6[] = { "::1", "fe80::1", "::", "ff02::1" };
	const struct proxy_target t = both_families();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		check_route(&t, local[i], "10.1.2.3", "10.1.2.1 0");
	for (size_t i = 0; i < ARRAY_SIZE(local6); i++)
		check_route(&t, local6[i], "fd00:1::3", "fd00:1::1 0");
}

static void this_host_is_the_gateway_where_it_may_take_a_shortcut(void **state)
{
	const struct proxy_target t = both_families();

	(void)state;
	check_route_of(&t, "192.0.2.1", true, "10.1.2.3", "10.1.2.1 0");
}

static void a_neighbour_of_the_service_is_the_gateway(void **state)
{
	const struct proxy_target t = both_families();

	(void)state;
	check_route(&t, "10.1.2.9", "10.1.2.3", "10.1.2.1 0");
	check_route(&t, "10.1.2.3", "10.1.2.3", "10.1.2.1 0");
	check_route(&t, "fd00:1::9", "fd00:1::3", "fd00:1::1 0");
}

static void a_service_without_the_clients_family_is_reached_by_the_other(void **state)
{
	struct proxy_target four = both_families(), six = both_families(), none = { .port = 80 };
	const struct peer client = peer_of("192.0.2.7", 5000);
	struct route r;

	(void)state;
	four.v6 = (struct proxy_place){ 0 };
	six.v4 = (struct proxy_place){ 0 };
	check_route(&four, "2001:db8::7", "10.1.2.3", "10.1.2.1 0");
	check_route(&six, "192.0.2.7", "fd00:1::3", "fd00:1::1 0");
	assert_int_equal(route_choose(&none, &client, false, &r), -EHOSTUNREACH);
}

static void clients_are_not_shown_where_they_are_not_to_be(void **state)
{
	struct proxy_target t = both_families();

	(void)state;
	t.shows_clients = false;
	check_route(&t, "192.0.2.7", "10.1.2.3", "10.1.2.1 0");
	t.v4.gateway = (struct ip){ 0 };
	check_route(&t, "192.0.2.7", "10.1.2.3", "");
}

static void addresses_of_sockets_come_back_as_they_were(void **state)
{
	static const struct {
		const char *text;
		int family;
		bool fits;
	} cases[] = {
		{ "192.0.2.7", AF_INET, true },	   { "192.0.2.7", AF_INET6, true },
		{ "2001:db8::7", AF_INET6, true }, { "2001:db8::7", AF_INET, false },
		{ "fe80::1", AF_INET6, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peer p = peer_of(cases[i].text, 1234), back;
		union peer_address address;

		if (cases[i].family == AF_INET6 && p.ip.family == AF_INET6)
			p.scope = 3;
		assert_int_equal(peer_write(&p, cases[i].family, &address) != 0, cases[i].fits);
		if (!cases[i].fits)
			continue;
		assert_int_equal(address.any.sa_family, cases[i].family);
		peer_read(&address, &back);
		assert_true(ip_equal(&p.ip, &back.ip));
		assert_int_equal(back.port, 1234);
		assert_int_equal(back.scope, p.scope);
	}
}

static void flows_are_found_by_both_their_ends(void **state)
{
	struct flow_table *t = flow_table_new(42);
	static struct flow_entry entries[3000];
	struct flow_key key;

	(void)state;
	assert_non_null(t);
	for (uint16_t i = 0; i < ARRAY_SIZE(entries); i++) {
		entries[i].key.client = peer_of(i % 2 ? "192.0.2.7" : "2001:db8::7", i);
		entries[i].key.local = peer_of("192.0.2.1", 53);
		flow_table_add(t, &entries[i]);
	}
	key = entries[77].key;
	assert_ptr_equal(flow_table_find(t, &key), &entries[77]);
	key.local = peer_of("192.0.2.2", 53);
	assert_null(flow_table_find(t, &key));
	flow_table_remove(&entries[77]);
	assert_null(flow_table_find(t, &entries[77].key));
	assert_ptr_equal(flow_table_find(t, &entries[79].key), &entries[79]);
	flow_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_shown_as_it_is),
		cmocka_unit_test(a_client_whose_address_means_nothing_there_is_the_gateway),
		cmocka_unit_test(this_host_is_the_gateway_where_it_may_take_a_shortcut),
		cmocka_unit_test(a_neighbour_of_the_service_is_the_gateway),
		cmocka_unit_test(a_service_without_the_clients_family_is_reached_by_the_other),
		cmocka_unit_test(clients_are_not_shown_where_they_are_not_to_be),
		cmocka_unit_test(addresses_of_sockets_come_back_as_they_were),
		cmocka_unit_test(flows_are_found_by_both_their_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
