/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "daemon/network/member-change.h"
#include "daemon/network/member-run.h"
#include "daemon/network/port-socket.h"
#include "daemon/network/ports.h"
#include "told-member.h"

#define BOTH_FAMILIES                                                                              \
	"{\"Name\":\"web\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.7.0.0/24\"},"                    \
	"{\"Subnet\":\"fd00:7::/64\"}]}}"
#define BACK                                                                                       \
	"{\"Name\":\"back\",\"Internal\":true,"                                                    \
	"\"IPAM\":{\"Config\":[{\"Subnet\":\"10.8.0.0/24\"}]}}"

static const char *const on_web[] = { "web", NULL };
static const char *const on_back[] = { "back", NULL };
static const char *const on_both[] = { "back", "web", NULL };

static int publish(char n, const char *bindings, struct err *err)
{
	cleanup_free char *text = str_printf("{\"PortBindings\":%s}", bindings);
	cleanup_json json_t *host = NULL, *config = json_object();
	cleanup(port_plan_reset) struct port_plan plan = { 0 };
	int r;

	assert_int_equal(json_read(text, strlen(text), "test", &host, err), 0);
	assert_int_equal(port_plan_read(config, host, &plan, err), 0);
	r = ports_bind(told_nets(), told_id(n), &plan, err);
	assert_int_equal(plan.n, 0);
	return r;
}

/* @bindings: PortBindings */
static void start(char n, const char *bindings)
{
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct err err = { 0 };

	if (member_begin(told_nets(), told_id(n), &w, &err) < 0 || publish(n, bindings, &err) < 0 ||
	    member_plug(told_nets(), told_id(n), "t1", &err) < 0)
		fail_msg("c%c: %s", n, err.msg);
}

/* The port of the host that the container's first published one is on. */
static uint16_t host_port(char n)
{
	cleanup_json json_t *list = ports_describe(told_nets(), told_id(n));

	assert_non_null(list);
	return (uint16_t)json_integer_value(json_object_get(json_array_get(list, 0), "PublicPort"));
}

static void assert_ports(char n, const char *want)
{
	cleanup_json json_t *list = ports_describe(told_nets(), told_id(n));
	cleanup_free char *text = json_write(list);

	assert_string_equal(text, want);
}

/* The first of two ports that are free, at any address.  Programs beside this one are given none of
 * them: they are below those that the kernel chooses. */
static uint16_t free_ports(void)
{
	const struct port_binding b = { .protocol = PORT_TCP, .host_ip = "" };
	uint16_t port = (uint16_t)(10000 + getpid() % 10000 * 2);

	for (unsigned i = 0; i < 1000; i++, port += 2) {
		cleanup_close int first = -1, second = -1;
		uint16_t had;

		if (port_socket_open(&b, port, &first, &had, NULL) == 0 &&
		    port_socket_open(&b, (uint16_t)(port + 1), &second, &had, NULL) == 0)
			return port;
	}
	fail_msg("no two ports are free");
	return 0;
}

static void ports_are_told_with_the_way_to_the_container(void **state)
{
	(void)state;
	told_network(BOTH_FAMILIES);
	told_add('1', on_web);
	start('1',
	      "{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\"}],\"53/udp\":[{\"HostIp\":\"127.0.0.1\"}]}");
	told_assert(
		"publish 1.0 udp 10.7.0.2/24 via 10.7.0.1 fd00:7::2/64 via fd00:7::1 port 53\n"
		"publish 1.1 tcp 10.7.0.2/24 via 10.7.0.1 fd00:7::2/64 via fd00:7::1 port 80\n");
	assert_true(host_port('1') > 0);
	member_end(told_nets(), told_id('1'));
	told_assert("unpublish 1\n");
	assert_ports('1', "[]");
}

static void a_taken_port_is_refused_with_the_name_of_who_has_it(void **state)
{
	cleanup(wiring_reset) struct wiring w = { 0 };
	cleanup_free char *taken = NULL, *message = NULL;
	struct err err = { 0 };
	uint16_t port;

	(void)state;
	told_network(BOTH_FAMILIES);
	told_add('1', on_web);
	told_add('2', on_web);
	start('1', "{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\"}]}");
	port = host_port('1');
	taken = str_printf("{\"81/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"%u\"}]}", port);
	message = str_printf("cannot publish port 81/tcp: Bind for 127.0.0.1:%u failed: port is "
			     "already allocated (by container c1)",
			     port);
	assert_int_equal(member_begin(told_nets(), told_id('2'), &w, &err), 0);
	assert_int_equal(publish('2', taken, &err), -EADDRINUSE);
	assert_string_equal(err.msg, message);
	/* UDP is another matter, and what has ended has none. */
	free(taken);
	taken = str_printf("{\"81/udp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"%u\"}]}", port);
	assert_int_equal(publish('2', taken, &err), 0);
	member_end(told_nets(), told_id('1'));
	free(taken);
	taken = str_printf("{\"81/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"%u\"}]}", port);
	assert_int_equal(publish('2', taken, &err), 0);
}

static void of_a_range_the_first_free_port_is_had(void **state)
{
	cleanup_free char *range = NULL;
	uint16_t port = free_ports();
	struct err err = { 0 };

	(void)state;
	range = str_printf("{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"%u-%u\"}]}", port,
			   port + 1u);
	told_network(BOTH_FAMILIES);
	for (char n = '1'; n <= '3'; n++)
		told_add(n, on_web);
	start('1', range);
	assert_int_equal(host_port('1'), port);
	start('2', range);
	assert_int_equal(host_port('2'), port + 1);
	assert_int_equal(publish('3', range, &err), 0); /* it has no addresses yet */
	member_end(told_nets(), told_id('1'));
	start('3', range);
	assert_int_equal(host_port('3'), port);
}

static void a_port_without_an_address_is_shown_for_both_families(void **state)
{
	cleanup_free char *bindings = NULL, *want = NULL;
	uint16_t port = free_ports();

	(void)state;
	bindings = str_printf("{\"80/tcp\":[{\"HostPort\":\"%u\"}]}", port);
	want = str_printf("[{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":%u,"
			  "\"Type\":\"tcp\"},{\"IP\":\"::\",\"PrivatePort\":80,"
			  "\"PublicPort\":%u,\"Type\":\"tcp\"}]",
			  port, port);
	told_network(BOTH_FAMILIES);
	told_add('1', on_web);
	start('1', bindings);
	assert_ports('1', want);
}

static void an_address_that_is_not_the_hosts_is_refused(void **state)
{
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(BOTH_FAMILIES);
	told_add('1', on_web);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), 0);
	assert_int_equal(publish('1', "{\"80/tcp\":[{\"HostIp\":\"192.0.2.1\"}]}", &err),
			 -EADDRNOTAVAIL);
	assert_string_equal(err.msg,
			    "cannot publish port 80/tcp: 192.0.2.1 is no address of this host");
}

static void what_nothing_outside_reaches_publishes_nothing_until_it_is_connected(void **state)
{
	struct member_wish wish = { .network = strdup("web") };
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network(BOTH_FAMILIES);
	told_network(BACK);
	told_add('1', on_back);
	start('1', "{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\"}]}");
	assert_ports('1', "[]");
	assert_null(strstr(told_text(), "publish"));
	assert_int_equal(member_connect(told_nets(), told_id('1'), &wish, &w, &err), 1);
	told_assert("publish 1.0 tcp 10.7.0.2/24 via 10.7.0.1");
	assert_true(host_port('1') > 0);
	wiring_reset(&w);
	assert_int_equal(member_disconnect(told_nets(), told_id('1'), "web", &w, &err), 1);
	told_assert("unpublish 1\n");
	assert_ports('1', "[]");
	free(wish.network);
}

static void the_way_is_that_of_the_default_route(void **state)
{
	(void)state;
	told_network(BOTH_FAMILIES);
	told_network(BACK);
	told_add('1', on_both);
	start('1', "{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\"}]}");
	told_assert(
		"publish 1.0 tcp 10.7.0.2/24 via 10.7.0.1 fd00:7::2/64 via fd00:7::1 port 80\n");
}

static void load(char n)
{
	char name[] = "cX";
	struct member_names names = { .id = told_id(n), .name = name, .hostname = "h" };

	name[1] = n;
	assert_int_equal(member_load(told_nets(), &names), 0);
}

static void find(char n, const char *bindings)
{
	cleanup_free char *text = str_printf("{\"PortBindings\":%s}", bindings);
	cleanup_json json_t *host = json_loads(text, 0, NULL), *config = json_object();
	cleanup(port_plan_reset) struct port_plan plan = { 0 };
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct err err = { 0 };

	assert_int_equal(port_plan_read(config, host, &plan, &err), 0);
	assert_int_equal(ports_found(told_nets(), told_id(n), &plan), 0);
	member_found(told_nets(), told_id(n), "t1", -1);
	assert_int_equal(member_renew(told_nets(), told_id(n), &w, &err), 0);
}

static void a_new_moatd_has_the_sockets_of_moat_net(void **state)
{
	static const char two[] = "{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\"}]}";
	struct port_binding b = { .protocol = PORT_TCP, .host_ip = "127.0.0.1" };
	uint16_t port;
	int fd;

	(void)state;
	told_network(BOTH_FAMILIES);
	told_add('1', on_web);
	told_row('1');
	start('1', two);
	assert_int_equal(port_socket_open(&b, 0, &fd, &port, NULL), 0);
	told_reopen();
	load('1');
	told_published(0, fd);
	find('1', two);
	assert_int_equal(host_port('1'), port);
	told_assert("publish 1.0 tcp 10.7.0.2/24");
}

static void chosen_ports_are_had_again_where_moat_net_has_died_too(void **state)
{
	static const char two[] =
		"{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\"}],\"81/tcp\":[{\"HostIp\":\"127.0.0.1\"}]}";
	cleanup_json json_t *before = NULL, *after = NULL;

	(void)state;
	told_network(BOTH_FAMILIES);
	told_add('1', on_web);
	told_row('1');
	start('1', two);
	before = ports_describe(told_nets(), told_id('1'));
	assert_int_equal(json_array_size(before), 2);
	told_reopen();
	load('1');
	find('1', two);
	after = ports_describe(told_nets(), told_id('1'));
	assert_true(json_equal(before, after));
}

static void a_port_that_was_lost_meanwhile_leaves_the_others(void **state)
{
	cleanup_free char *bindings = NULL;
	struct port_binding b = { .protocol = PORT_TCP, .host_ip = "127.0.0.1" };
	uint16_t port;
	int fd;

	(void)state;
	told_network(BOTH_FAMILIES);
	told_add('1', on_web);
	start('1', "{}");
	told_reopen();
	load('1');
	assert_int_equal(port_socket_open(&b, 0, &fd, &port, NULL), 0);
	bindings = str_printf("{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"%u\"}],"
			      "\"81/tcp\":[{\"HostIp\":\"127.0.0.1\"}]}",
			      port);
	find('1', bindings);
	told_assert("publish 1.1 tcp");
	assert_int_not_equal(host_port('1'), port);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, told_set_up, told_tear_down)
		TEST(ports_are_told_with_the_way_to_the_container),
		TEST(a_taken_port_is_refused_with_the_name_of_who_has_it),
		TEST(of_a_range_the_first_free_port_is_had),
		TEST(a_port_without_an_address_is_shown_for_both_families),
		TEST(an_address_that_is_not_the_hosts_is_refused),
		TEST(what_nothing_outside_reaches_publishes_nothing_until_it_is_connected),
		TEST(the_way_is_that_of_the_default_route),
		TEST(a_new_moatd_has_the_sockets_of_moat_net),
		TEST(chosen_ports_are_had_again_where_moat_net_has_died_too),
		TEST(a_port_that_was_lost_meanwhile_leaves_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
