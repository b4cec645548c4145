/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/macro.h"
#include "daemon/network/ipam.h"

static struct ip ip(const char *text)
{
	struct ip ret = { 0 };

	assert_int_equal(ip_parse(text, &ret), 0);
	return ret;
}

static struct ip_net net(const char *text)
{
	struct ip_net ret = { 0 };

	assert_int_equal(ip_net_parse(text, &ret), 0);
	return ret;
}

static struct subnet subnet(const char *text, const char *gateway, const char *range)
{
	struct ip_net none = { .bits = 0 };

	return (struct subnet){ net(text), ip(gateway), range ? net(range) : none };
}

static void assert_ip(const struct ip *have, const char *want)
{
	char text[IP_TEXT_MAX];

	ip_format(have, text);
	assert_string_equal(text, want);
}

static void a_subnet_that_makes_no_sense_is_refused_by_name(void **state)
{
	static const struct {
		const char *net, *gateway, *range, *says;
	} cases[] = {
		{ "10.1.2.3/24", "10.1.2.1", NULL, "it should be 10.1.2.0/24" },
		{ "10.0.0.0/7", "10.0.0.1", NULL, "8 to 30 bits" },
		{ "10.0.0.0/31", "10.0.0.1", NULL, "8 to 30 bits" },
		{ "fd00::/127", "fd00::1", NULL, "32 to 126 bits" },
		{ "127.0.0.0/16", "127.0.0.1", NULL, "a meaning of their own" },
		{ "224.1.0.0/16", "224.1.0.1", NULL, "a meaning of their own" },
		{ "fe80::/64", "fe80::1", NULL, "a meaning of their own" },
		{ "10.1.0.0/16", "10.2.0.1", NULL, "invalid gateway 10.2.0.1" },
		{ "10.1.0.0/16", "10.1.255.255", NULL, "invalid gateway" },
		{ "10.1.0.0/16", "10.1.0.1", "10.2.0.0/24", "it is not in subnet 10.1.0.0/16" },
		{ "10.1.0.0/16", "10.1.0.1", "10.0.0.0/8", "it is not in subnet" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct subnet s = subnet(cases[i].net, cases[i].gateway, cases[i].range);
		struct err err = { 0 };

		assert_int_equal(ipam_check_subnet(&s, NULL, 0, &err), -EINVAL);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("%s: %s", cases[i].net, err.msg);
	}
}

static void an_overlap_is_refused_and_says_with_whom(void **state)
{
	const struct ip_user users[] = { { net("10.9.0.0/16"), "network web" },
					 { net("192.168.0.0/16"), "this host's route by eth0" } };
	struct subnet fine = subnet("10.10.0.0/16", "10.10.0.1", "10.10.5.0/24");
	struct subnet wide = subnet("10.0.0.0/8", "10.0.0.1", NULL);
	struct subnet narrow = subnet("192.168.7.0/24", "192.168.7.1", NULL);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ipam_check_subnet(&fine, users, 2, &err), 0);
	assert_int_equal(ipam_check_subnet(&wide, users, 2, &err), -EEXIST);
	assert_string_equal(err.msg, "subnet 10.0.0.0/8 overlaps with 10.9.0.0/16 of network web");
	assert_int_equal(ipam_check_subnet(&narrow, users, 2, &err), -EEXIST);
	assert_non_null(strstr(err.msg, "this host's route by eth0"));
}

static void picked_subnets_are_nobodys_until_there_are_none(void **state)
{
	struct ip_user *users = calloc(2000, sizeof(*users));
	struct subnet s;
	struct err err = { 0 };
	size_t n = 0;

	(void)state;
	while (ipam_pick_subnet(AF_INET, users, n, 77, &s, &err) == 0) {
		assert_null(ipam_overlap(&s.net, users, n));
		assert_int_equal(ipam_check_subnet(&s, users, n, &err), 0);
		users[n++] = (struct ip_user){ s.net, "x" };
		assert_true(n < 2000);
	}
	assert_int_equal(n, 256 + 128 + 64 + 128);
	assert_non_null(strstr(err.msg, "--subnet"));
	free(users);
}

static void the_seed_says_where_the_search_begins(void **state)
{
	struct subnet a, b, c;

	(void)state;
	assert_int_equal(ipam_pick_subnet(AF_INET, NULL, 0, 0, &a, NULL), 0);
	assert_ip(&a.net.ip, "10.64.0.0");
	assert_ip(&a.gateway, "10.64.0.1");
	assert_int_equal(a.net.bits, 20);
	assert_int_equal(ipam_pick_subnet(AF_INET, NULL, 0, 383, &b, NULL), 0);
	assert_ip(&b.net.ip, "10.87.240.0");
	assert_int_equal(
		ipam_pick_subnet(AF_INET, &(struct ip_user){ b.net, "x" }, 1, 383, &c, NULL), 0);
	assert_ip(&c.net.ip, "10.64.0.0");
	assert_int_equal(ipam_pick_subnet(AF_INET6, NULL, 0, 0x0504030201, &a, NULL), 0);
	assert_ip(&a.net.ip, "fd01:203:405::");
	assert_ip(&a.gateway, "fd01:203:405::1");
	assert_int_equal(ipam_pick_subnet(AF_INET6, &(struct ip_user){ a.net, "x" }, 1,
					  0x0504030201, &b, NULL),
			 0);
	assert_ip(&b.net.ip, "fd01:203:405:1::");
}

static void addresses_are_picked_upwards_and_round_again(void **state)
{
	struct subnet s = subnet("10.0.0.0/29", "10.0.0.1", NULL);
	struct ip taken[8], got, none = { 0 };
	static const char *const order[] = { "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5",
					     "10.0.0.6" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		assert_int_equal(ipam_pick_address(&s, taken, i, &none, &got), 0);
		assert_ip(&got, order[i]);
		taken[i] = got;
	}
	assert_int_equal(ipam_pick_address(&s, taken, 5, &none, &got), -EADDRNOTAVAIL);
	/* What has just been given up is the last to be given away. */
	assert_int_equal(ipam_pick_address(&s, taken + 2, 2, &taken[3], &got), 0);
	assert_ip(&got, "10.0.0.6");
	got = ip("10.0.0.6");
	assert_int_equal(ipam_pick_address(&s, taken + 2, 2, &got, &got), 0);
	assert_ip(&got, "10.0.0.2");
}

static void a_range_and_the_gateways_place_are_kept(void **state)
{
	struct subnet s = subnet("10.0.0.0/24", "10.0.0.18", "10.0.0.16/30");
	struct ip taken[] = { ip("10.0.0.16"), ip("10.0.0.17") }, got, none = { 0 };
	struct subnet last = subnet("10.0.0.0/24", "10.0.0.1", "10.0.0.252/30");
	struct ip top[] = { ip("10.0.0.252"), ip("10.0.0.253"), ip("10.0.0.254") };

	(void)state;
	assert_int_equal(ipam_pick_address(&s, taken, 2, &none, &got), 0);
	assert_ip(&got, "10.0.0.19");
	assert_int_equal(ipam_pick_address(&last, top, 3, &none, &got), -EADDRNOTAVAIL);
	assert_int_equal(ipam_pick_address(&last, top, 2, &none, &got), 0);
	assert_ip(&got, "10.0.0.254");
}

static void ipv6_has_no_broadcast_address_and_a_great_many_others(void **state)
{
	struct subnet s = subnet("fd00::/126", "fd00::1", NULL),
		      wide = subnet("fd00::/64", "fd00::1", NULL);
	struct ip taken[] = { ip("fd00::2") }, got, none = { 0 },
		  end = ip("fd00::ffff:ffff:ffff:ffff");

	(void)state;
	assert_int_equal(ipam_pick_address(&s, taken, 1, &none, &got), 0);
	assert_ip(&got, "fd00::3");
	assert_int_equal(ipam_pick_address(&wide, taken, 1, &end, &got), 0);
	assert_ip(&got, "fd00::3");
}

static void what_no_container_can_have_is_known(void **state)
{
	struct subnet s = subnet("10.0.0.0/24", "10.0.0.1", "10.0.0.128/25");
	static const char *const no[] = { "10.0.0.0", "10.0.0.1", "10.0.0.255", "10.0.1.5",
					  "fd00::1" };
	static const char *const yes[] = { "10.0.0.2", "10.0.0.127", "10.0.0.254" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		struct ip one = ip(no[i]);

		assert_false(ipam_can_have(&s, &one));
	}
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		struct ip one = ip(yes[i]);

		assert_true(ipam_can_have(&s, &one));
	}
	assert_false(ipam_can_have(&s, &(struct ip){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subnet_that_makes_no_sense_is_refused_by_name),
		cmocka_unit_test(an_overlap_is_refused_and_says_with_whom),
		cmocka_unit_test(picked_subnets_are_nobodys_until_there_are_none),
		cmocka_unit_test(the_seed_says_where_the_search_begins),
		cmocka_unit_test(addresses_are_picked_upwards_and_round_again),
		cmocka_unit_test(a_range_and_the_gateways_place_are_kept),
		cmocka_unit_test(ipv6_has_no_broadcast_address_and_a_great_many_others),
		cmocka_unit_test(what_no_container_can_have_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
