/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "net/request.h"

#define ID  "\"id\":\"0123456789ab\""
#define NET "\"network\":\"0123456789ab\""
#define MAC "\"mac\":\"02:42:0a:01:02:03\""

static int parse(const char *text, struct net_request *ret)
{
	struct err err = { 0 };
	int r = net_request_read(text, strlen(text), ret, &err);

	if (r < 0)
		assert_true(*err.msg);
	return r;
}

/* Reads, writes, reads again: what is written must be what was read. */
static void parse_twice(const char *text, struct net_request *ret)
{
	struct net_request first;
	char *again, *third;

	assert_int_equal(parse(text, &first), 0);
	again = net_request_write(&first);
	net_request_reset(&first);
	assert_non_null(again);
	assert_int_equal(parse(again, ret), 0);
	third = net_request_write(ret);
	assert_string_equal(again, third);
	free(again);
	free(third);
}

static void requests_of_one_word_need_nothing_else(void **state)
{
	static const struct {
		const char *text;
		enum net_op op;
	} cases[] = {
		{ "{\"op\":\"hello\"}", NET_HELLO },
		{ "{\"op\":\"tap\"}", NET_TAP },
		{ "{\"op\":\"settled\"}", NET_SETTLED },
		{ "{\"op\":\"refused\",\"id\":\"0a0a0a0a0a0a\"}", NET_REFUSED },
		{ "{\"op\":\"status\"}", NET_STATUS },
		{ "{\"op\":\"watch\"}", NET_WATCH },
		{ "{\"op\":\"shutdown\"}", NET_SHUTDOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct net_request rq;

		parse_twice(cases[i].text, &rq);
		assert_int_equal(rq.op, cases[i].op);
		net_request_reset(&rq);
	}
}

static void a_network_has_subnets_with_gateways(void **state)
{
	struct net_request rq;
	char text[IP_TEXT_MAX];

	(void)state;
	parse_twice("{\"op\":\"network\"," ID ",\"mtu\":1400,\"internal\":true,\"subnets\":["
		    "{\"subnet\":\"10.1.0.0/16\",\"gateway\":\"10.1.0.1\"},"
		    "{\"subnet\":\"fd00:1::/64\",\"gateway\":\"fd00:1::1\"}],"
		    "\"limited\":true,\"allow\":[\"example.org:443\",\"10.0.0.0/8\"]}",
		    &rq);
	assert_int_equal(rq.op, NET_NETWORK);
	assert_string_equal(rq.network.id, "0123456789ab");
	assert_int_equal(rq.network.mtu, 1400);
	assert_true(rq.network.internal && rq.network.limited);
	assert_int_equal(rq.network.n_subnets, 2);
	ip_net_format(&rq.network.subnets[1].net, text);
	assert_string_equal(text, "fd00:1::/64");
	ip_format(&rq.network.subnets[0].gateway, text);
	assert_string_equal(text, "10.1.0.1");
	assert_string_equal(rq.network.allow[0], "example.org:443");
	assert_int_equal(strv_len(rq.network.allow), 2);
	net_request_reset(&rq);
}

static void a_port_has_addresses_and_names(void **state)
{
	struct net_request rq;
	char text[IP_TEXT_MAX];

	(void)state;
	parse_twice("{\"op\":\"port\",\"tap\":\"t3\",\"slot\":2," NET "," MAC
		    ",\"addresses\":[\"10.1.2.3\",\"fd00::2\"],\"names\":[\"web\",\"web.front\"],"
		    "\"servers\":[\"9.9.9.9\"]}",
		    &rq);
	assert_int_equal(rq.op, NET_PORT);
	assert_string_equal(rq.port.tap, "t3");
	assert_int_equal(rq.port.slot, 2);
	assert_int_equal(rq.port.mac[5], 3);
	assert_int_equal(rq.port.n_addresses, 2);
	ip_format(&rq.port.addresses[1], text);
	assert_string_equal(text, "fd00::2");
	assert_string_equal(rq.port.names[1], "web.front");
	assert_int_equal(rq.port.n_servers, 1);
	ip_format(&rq.port.servers[0], text);
	assert_string_equal(text, "9.9.9.9");
	net_request_reset(&rq);
}

static void a_publish_has_a_target_of_either_family(void **state)
{
	struct net_request rq;

	(void)state;
	parse_twice("{\"op\":\"publish\",\"key\":\"c1-80\",\"protocol\":\"udp\",\"target_port\":53,"
		    "\"targets\":[\"10.1.2.3/24\",\"fd00::2/64\"],\"gateways\":[\"10.1.2.1\"],"
		    "\"shows_clients\":true}",
		    &rq);
	assert_int_equal(rq.op, NET_PUBLISH);
	assert_true(rq.publish.shows_clients);
	assert_int_equal(rq.publish.targets[0].bits, 24);
	assert_string_equal(rq.publish.key, "c1-80");
	assert_int_equal(rq.publish.protocol, NET_UDP);
	assert_int_equal(rq.publish.target_port, 53);
	assert_int_equal(rq.publish.n_targets, 2);
	assert_int_equal(rq.publish.n_gateways, 1);
	net_request_reset(&rq);
}

static void removals_name_what_goes(void **state)
{
	struct net_request rq;

	(void)state;
	parse_twice("{\"op\":\"tap-return\",\"tap\":\"t1\",\"soon\":true}", &rq);
	assert_string_equal(rq.tap, "t1");
	net_request_reset(&rq);
	parse_twice("{\"op\":\"network-remove\"," ID "}", &rq);
	assert_string_equal(rq.id, "0123456789ab");
	net_request_reset(&rq);
	parse_twice("{\"op\":\"port-remove\",\"tap\":\"t1\",\"slot\":7}", &rq);
	assert_int_equal(rq.slot, 7);
	net_request_reset(&rq);
	parse_twice("{\"op\":\"unpublish\",\"key\":\"k\"}", &rq);
	assert_string_equal(rq.key, "k");
	net_request_reset(&rq);
}

static void a_published_socket_is_asked_for_by_its_key(void **state)
{
	struct net_request rq;

	(void)state;
	parse_twice("{\"op\":\"published\",\"key\":\"k\"}", &rq);
	assert_int_equal(rq.op, NET_PUBLISHED);
	assert_string_equal(rq.key, "k");
	net_request_reset(&rq);
}

static void malformed_requests_are_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "{}", -EINVAL },
		{ "{\"op\":\"fly\"}", -EOPNOTSUPP },
		{ "{\"op\":1}", -EBADMSG },
		{ "{\"op\":\"tap-return\"}", -EINVAL },
		{ "{\"op\":\"tap-return\",\"tap\":\"../t\"}", -EINVAL },
		{ "{\"op\":\"tap-return\",\"tap\":\"t123456789012345\"}", -EINVAL },
		{ "{\"op\":\"network-remove\",\"id\":\"0123456789AB\"}", -EINVAL },
		{ "{\"op\":\"network-remove\",\"id\":\"0123456789a\"}", -EINVAL },
		{ "{\"op\":\"network\"," ID ",\"mtu\":1000}", -EINVAL },
		{ "{\"op\":\"network\"," ID ",\"mtu\":10000}", -EINVAL },
		{ "{\"op\":\"network\"," ID ",\"subnets\":[1]}", -EBADMSG },
		{ "{\"op\":\"network\"," ID ",\"subnets\":[{\"subnet\":\"10.1.0.0/16\"}]}",
		  -EINVAL },
		{ "{\"op\":\"network\"," ID
		  ",\"subnets\":[{\"subnet\":\"10.1.0.0/16\",\"gateway\":\"10.2.0.1\"}]}",
		  -EINVAL },
		{ "{\"op\":\"network\"," ID
		  ",\"subnets\":[{\"subnet\":\"10.1.0.5/16\",\"gateway\":\"10.1.0.1\"}]}",
		  -EINVAL },
		{ "{\"op\":\"network\"," ID
		  ",\"subnets\":[{\"subnet\":\"10.1.0.0/16\",\"gateway\":\"10.1.0.1\"},"
		  "{\"subnet\":\"10.1.2.0/24\",\"gateway\":\"10.1.2.1\"}]}",
		  -EINVAL },
		{ "{\"op\":\"network\"," ID ",\"allow\":[\"a b\"]}", -EINVAL },
		{ "{\"op\":\"network\"," ID ",\"allow\":[1]}", -EBADMSG },
		{ "{\"op\":\"port\"," NET "," MAC "}", -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," MAC "}", -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET "}", -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\",\"slot\":8," NET "," MAC "}", -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET ",\"mac\":\"03:42:0a:01:02:03\"}",
		  -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET ",\"mac\":\"00:00:00:00:00:00\"}",
		  -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET ",\"mac\":\"02:42:0a:01:02\"}", -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET ",\"mac\":\"02:42:0a:01:02:03x\"}",
		  -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET "," MAC ",\"addresses\":[\"10.1\"]}",
		  -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET "," MAC ",\"names\":[\"a b\"]}", -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET "," MAC ",\"names\":[\"\"]}", -EINVAL },
		{ "{\"op\":\"port\",\"tap\":\"t0\"," NET "," MAC ",\"servers\":[\"::1\"]}",
		  -EINVAL },
		{ "{\"op\":\"publish\",\"key\":\"k\",\"protocol\":\"sctp\",\"target_port\":1,"
		  "\"targets\":[\"10.1.2.3/24\"]}",
		  -EINVAL },
		{ "{\"op\":\"publish\",\"key\":\"k\",\"protocol\":\"tcp\",\"target_port\":0,"
		  "\"targets\":[\"10.1.2.3/24\"]}",
		  -EINVAL },
		{ "{\"op\":\"publish\",\"key\":\"k\",\"protocol\":\"tcp\",\"target_port\":1}",
		  -EINVAL },
		{ "{\"op\":\"publish\",\"protocol\":\"tcp\",\"target_port\":1,"
		  "\"targets\":[\"10.1.2.3/24\"]}",
		  -EINVAL },
		{ "{\"op\":\"publish\",\"key\":\"k\",\"protocol\":\"tcp\",\"target_port\":1,"
		  "\"targets\":[\"10.1.2.3\"]}",
		  -EINVAL },
		{ "{\"op\":\"publish\",\"key\":\"k\",\"protocol\":\"tcp\",\"target_port\":1,"
		  "\"targets\":[\"10.1.2.3/24\",\"10.1.2.4/24\"]}",
		  -EINVAL },
		{ "{\"op\":\"unpublish\"}", -EINVAL },
		{ "{\"op\":\"published\"}", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct net_request rq;

		assert_int_equal(parse(cases[i].text, &rq), cases[i].code);
	}
}

static void names_are_those_that_dns_can_have(void **state)
{
	char longest[64] = "", too_long[65] = "";

	(void)state;
	memset(longest, 'a', 63);
	memset(too_long, 'a', 64);
	assert_true(net_name_ok("a"));
	assert_true(net_name_ok("my_app-1.front"));
	assert_true(net_name_ok(longest));
	assert_false(net_name_ok(too_long));
	assert_false(net_name_ok(""));
	assert_false(net_name_ok("."));
	assert_false(net_name_ok("a."));
	assert_false(net_name_ok("a..b"));
	assert_false(net_name_ok("a/b"));
	assert_false(net_name_ok("a\nb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_one_word_need_nothing_else),
		cmocka_unit_test(a_network_has_subnets_with_gateways),
		cmocka_unit_test(a_port_has_addresses_and_names),
		cmocka_unit_test(a_publish_has_a_target_of_either_family),
		cmocka_unit_test(a_published_socket_is_asked_for_by_its_key),
		cmocka_unit_test(removals_name_what_goes),
		cmocka_unit_test(malformed_requests_are_refused),
		cmocka_unit_test(names_are_those_that_dns_can_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
