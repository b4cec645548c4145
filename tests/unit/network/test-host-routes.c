/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/network/host-routes.h"
#include "net/netlink/link.h"
#include "net/netlink/route.h"

#define OWN "moat-net /r/net"

static struct ip_net net_of(const char *text)
{
	struct ip_net net;

	assert_int_equal(ip_net_parse(text, &net), 0);
	return net;
}

static void add_route(struct netlink *nl, const char *to, const char *device, uint32_t table)
{
	const struct ip_route route = { .to = net_of(to),
					.index = link_index(device),
					.table = table };

	assert_int_equal(ip_route_add(nl, &route), 0);
}

static void add_link(struct netlink *nl, const char *name, const char *peer, const char *alias)
{
	assert_int_equal(link_add_pair(nl, name, peer, -1), 0);
	assert_int_equal(link_set_alias(nl, link_index(name), alias), 0);
	assert_int_equal(link_set_up(nl, link_index(name), true), 0);
	assert_int_equal(link_set_up(nl, link_index(peer), true), 0);
}

/* Writes each IPv4 route as "SUBNET by INTERFACE", and a line's end. */
static int write_route(const struct ip_net *net, const char *interface, void *arg)
{
	char text[IP_TEXT_MAX];

	ip_net_format(net, text);
	if (net->ip.family == AF_INET)
		sprintf((char *)arg + strlen(arg), "%s by %s\n", text, interface);
	return 0;
}

/* /sys is that of the network namespace that the test was started in, and shows none of these. */
static void routes_of_all_tables_are_told_but_for_those_by_own_links(void **state)
{
	cleanup_netlink struct netlink *nl = NULL;
	char routes[500] = "";

	(void)state;
	if (unshare(CLONE_NEWNET) < 0) {
		print_message("[  SKIPPED ] no network namespace: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(netlink_new(&nl), 0);
	add_link(nl, "moat0", "peer0", OWN);
	add_link(nl, "moat1", "peer1", "moat-net /other/net");
	add_link(nl, "eth0", "peer2", "");
	add_route(nl, "10.1.0.0/16", "moat0", 0);
	add_route(nl, "10.2.0.0/16", "moat1", 0);
	add_route(nl, "10.3.0.0/16", "eth0", 0);
	add_route(nl, "10.4.0.0/16", "eth0", 1000);
	add_route(nl, "0.0.0.0/0", "eth0", 0);
	assert_int_equal(host_routes_each(OWN, write_route, routes, NULL), 0);
	assert_non_null(strstr(routes, "10.2.0.0/16 by moat1\n"));
	assert_non_null(strstr(routes, "10.3.0.0/16 by eth0\n"));
	assert_non_null(strstr(routes, "10.4.0.0/16 by eth0\n"));
	assert_int_equal(strlen(routes), strlen("10.2.0.0/16 by moat1\n10.3.0.0/16 by eth0\n"
						"10.4.0.0/16 by eth0\n"));
}

static atomic_bool enough;

static void *come_and_go(void *arg)
{
	struct netlink *nl = arg;

	while (!enough) {
		assert_int_equal(link_add_pair(nl, "come", "go", -1), 0);
		assert_int_equal(link_remove(nl, link_index("come")), 0);
	}
	return NULL;
}

static void interfaces_that_come_and_go_meanwhile_fail_nothing(void **state)
{
	cleanup_netlink struct netlink *nl = NULL;
	pthread_t thread;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0) {
		print_message("[  SKIPPED ] no network namespace: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(netlink_new(&nl), 0);
	add_link(nl, "eth0", "peer0", "");
	add_route(nl, "10.3.0.0/16", "eth0", 0);
	assert_int_equal(pthread_create(&thread, NULL, come_and_go, nl), 0);
	for (int i = 0; i < 300; i++) {
		char routes[500] = "";

		assert_int_equal(host_routes_each(OWN, write_route, routes, NULL), 0);
		assert_string_equal(routes, "10.3.0.0/16 by eth0\n");
	}
	enough = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_of_all_tables_are_told_but_for_those_by_own_links),
		cmocka_unit_test(interfaces_that_come_and_go_meanwhile_fail_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
