/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/ip.h"
#include "base/macro.h"

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

static void assert_ip(struct ip have, const char *want)
{
	char text[IP_TEXT_MAX];

	ip_format(&have, text);
	assert_string_equal(text, want);
}

static void addresses_of_both_families_are_read_and_written(void **state)
{
	static const char *const same[] = { "0.0.0.0", "10.1.2.3", "255.255.255.255",
					    "::", "fd00::1" };
	char text[IP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		assert_ip(ip(same[i]), same[i]);
	assert_ip(ip("FD00:0:0::00a"), "fd00::a");
	assert_ip((struct ip){ 0 }, "");
	struct ip_net widest = net("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");

	ip_net_format(&widest, text);
	assert_string_equal(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
	ip_net_format(&(struct ip_net){ 0 }, text);
	assert_string_equal(text, "");
}

static void what_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "",		"10.1.2", "10.1.2.256",
					   "10.1.2.3 ", " ::",	  "fe80::1%eth0",
					   "::g",	"1:2",	  "010.1.1.1" };
	static const char *const bad_nets[] = { "",
						"10.0.0.0",
						"10.0.0.0/",
						"10.0.0.0/33",
						"10.0.0.0/-1",
						"10.0.0.0/8/8",
						"fd00::/129",
						"/8",
						"10.0.0.0/ 8" };
	struct ip a = ip("10.0.0.1");
	struct ip_net n = net("10.0.0.0/8");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(ip_parse(bad[i], &a), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(bad_nets); i++)
		assert_int_equal(ip_net_parse(bad_nets[i], &n), -EINVAL);
	assert_ip(a, "10.0.0.1");
	assert_int_equal(n.bits, 8);
}

static void ends_of_a_network_are_found_at_any_width(void **state)
{
	static const struct {
		const char *net, *first, *last;
	} cases[] = {
		{ "10.1.2.3/24", "10.1.2.0", "10.1.2.255" },
		{ "10.1.2.3/32", "10.1.2.3", "10.1.2.3" },
		{ "10.1.2.3/0", "0.0.0.0", "255.255.255.255" },
		{ "172.20.33.7/20", "172.20.32.0", "172.20.47.255" },
		{ "fd00:1::5/64", "fd00:1::", "fd00:1::ffff:ffff:ffff:ffff" },
		{ "fd00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_net n = net(cases[i].net);

		assert_ip(ip_net_first(&n), cases[i].first);
		assert_ip(ip_net_last(&n), cases[i].last);
	}
}

static void numbers_are_added_with_their_carry(void **state)
{
	struct ip a = ip("10.0.255.255"), b = ip("ff::ffff:ffff:ffff:ffff"), sum;

	(void)state;
	assert_true(ip_add(&a, 1, &sum));
	assert_ip(sum, "10.1.0.0");
	assert_true(ip_add(&a, 0, &sum));
	assert_ip(sum, "10.0.255.255");
	assert_true(ip_add(&b, 2, &sum));
	assert_ip(sum, "ff:0:0:1::1");
	a = ip("255.255.255.254");
	assert_true(ip_add(&a, 1, &sum));
	assert_false(ip_add(&a, 2, &sum));
	assert_false(ip_add(&a, UINT64_MAX, &sum));
	assert_ip(sum, "255.255.255.255");
}

static void membership_and_overlap_know_the_families_apart(void **state)
{
	struct ip_net wide = net("10.0.0.0/8"), narrow = net("10.5.0.0/16"),
		      other = net("11.0.0.0/8"), all = net("0.0.0.0/0"), all6 = net("::/0");
	struct ip inside = ip("10.5.1.1"), outside = ip("11.0.0.1"), v6 = ip("a05:101::");

	(void)state;
	assert_true(ip_net_has(&wide, &inside) && ip_net_has(&narrow, &inside));
	assert_false(ip_net_has(&wide, &outside) || ip_net_has(&wide, &v6));
	assert_false(ip_net_has(&wide, &(struct ip){ 0 }));
	assert_true(ip_net_covers(&wide, &narrow) && ip_net_covers(&wide, &wide));
	assert_false(ip_net_covers(&narrow, &wide) || ip_net_covers(&all, &all6));
	assert_true(ip_net_overlap(&wide, &narrow) && ip_net_overlap(&narrow, &wide));
	assert_true(ip_net_overlap(&all, &other));
	assert_false(ip_net_overlap(&wide, &other) || ip_net_overlap(&all, &all6));
}

static void addresses_have_an_order(void **state)
{
	struct ip a = ip("9.255.0.1"), b = ip("10.0.0.1"), v6 = ip("::1");

	(void)state;
	assert_true(ip_compare(&a, &b) < 0 && ip_compare(&b, &a) > 0 && ip_compare(&b, &v6) < 0);
	assert_true(ip_equal(&a, &a) && !ip_equal(&a, &v6));
	assert_true(ip_is_none(&(struct ip){ 0 }) && !ip_is_none(&a));
	assert_int_equal(ip_bits(&a), 32);
	assert_int_equal(ip_bits(&v6), 128);
}

static void what_stays_on_a_host_or_its_link_is_not_remote(void **state)
{
	static const char *const near[] = { "127.0.0.53",      "0.0.0.0",  "224.0.0.251",
					    "255.255.255.255", "::",	   "::1",
					    "::ffff:9.9.9.9",  "ff02::fb", "fe80::1" };
	static const char *const remote[] = { "9.9.9.9", "10.0.0.1", "169.254.169.253", "fd00::1",
					      "2001:db8::1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(near); i++) {
		struct ip a = ip(near[i]);

		assert_false(ip_is_remote(&a));
	}
	for (size_t i = 0; i < ARRAY_SIZE(remote); i++) {
		struct ip a = ip(remote[i]);

		assert_true(ip_is_remote(&a));
	}
	assert_false(ip_is_remote(&(struct ip){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_both_families_are_read_and_written),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(ends_of_a_network_are_found_at_any_width),
		cmocka_unit_test(numbers_are_added_with_their_carry),
		cmocka_unit_test(membership_and_overlap_know_the_families_apart),
		cmocka_unit_test(addresses_have_an_order),
		cmocka_unit_test(what_stays_on_a_host_or_its_link_is_not_remote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
