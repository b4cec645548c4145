/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "guest/network/requests.h"

static char *none[] = { NULL };

/* Lists that are never changed; the structure wants them as if they were. */
static struct oci_interface sample(char **addresses, char **routes)
{
	return (struct oci_interface){ .slot = 1,
				       .name = "eth1",
				       .mac = { 2, 0, 0, 0, 0, 0xa1 },
				       .mtu = 1400,
				       .addresses = addresses,
				       .routes = routes,
				       .sysctls = none };
}

/* Request @n, from 0. */
static const struct nlmsghdr *request(const struct netlink_batch *b, size_t n)
{
	size_t at = 0;

	assert_int_equal(b->failed, 0);
	for (;;) {
		const struct nlmsghdr *h = (const void *)(b->bytes.data + at);

		assert_true(at + sizeof(*h) <= b->bytes.len);
		assert_true(h->nlmsg_len >= sizeof(*h) && at + h->nlmsg_len <= b->bytes.len);
		assert_int_equal(h->nlmsg_len % NLMSG_ALIGNTO, 0);
		if (n-- == 0)
			return h;
		at += h->nlmsg_len;
	}
}

static const void *head_of(const struct nlmsghdr *h)
{
	return (const char *)h + sizeof(*h);
}

static const void *data_of(const struct nlattr *a)
{
	return (const char *)a + sizeof(*a);
}

/* An attribute of a request with a head of @head bytes; NULL where it has none. */
static const struct nlattr *attribute(const struct nlmsghdr *h, size_t head, unsigned short type)
{
	size_t at = sizeof(*h) + NLMSG_ALIGN(head);

	while (at < h->nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)h + at);

		assert_true(a->nla_len >= sizeof(*a) && at + a->nla_len <= h->nlmsg_len);
		if (a->nla_type == type)
			return a;
		at += NLMSG_ALIGN((size_t)a->nla_len);
	}
	return NULL;
}

static size_t length_of(const struct nlattr *a)
{
	assert_non_null(a);
	return a->nla_len - sizeof(*a);
}

static void expect_bytes(const struct nlattr *a, const void *bytes, size_t len)
{
	assert_int_equal(length_of(a), len);
	assert_memory_equal(data_of(a), bytes, len);
}

static void an_interface_on_the_nic_is_one_request(void **state)
{
	cleanup(netlink_batch_reset) struct netlink_batch b = { 0 };
	const struct oci_interface i = sample(none, none);
	const size_t head = sizeof(struct ifinfomsg);
	const struct nlmsghdr *h;

	(void)state;
	request_macvlan(&b, 7, 9, &i);
	h = request(&b, 0);
	assert_int_equal(h->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
	expect_bytes(attribute(h, head, IFLA_LINK), &(uint32_t){ 7 }, 4);
	expect_bytes(attribute(h, head, IFLA_NET_NS_FD), &(uint32_t){ 9 }, 4);
	expect_bytes(attribute(h, head, IFLA_IFNAME), "eth1", 5);
	expect_bytes(attribute(h, head, IFLA_ADDRESS), i.mac, 6);
	expect_bytes(attribute(h, head, IFLA_MTU), &(uint32_t){ 1400 }, 4);
	assert_int_equal(length_of(attribute(h, head, IFLA_LINKINFO)), 12 + 4 + 8);
	assert_int_equal(b.n, 1);
	assert_int_equal(h->nlmsg_len, b.bytes.len);
}

static void addresses_come_with_what_the_kernel_would_add(void **state)
{
	cleanup(netlink_batch_reset) struct netlink_batch b = { 0 };
	char four[] = "10.1.2.3/24", six[] = "fd00::2/64", *addresses[] = { four, six, NULL };
	const struct oci_interface i = sample(addresses, none);
	const size_t head = sizeof(struct ifaddrmsg);
	const struct ifaddrmsg *a;

	(void)state;
	assert_int_equal(request_have(&b, 3, &i, NULL), 0);
	assert_int_equal(b.n, 3);
	a = head_of(request(&b, 0));
	assert_int_equal(a->ifa_flags, IFA_F_NODAD);
	expect_bytes(attribute(request(&b, 0), head, IFA_LOCAL),
		     "\xfe\x80\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\xa1", 16);
	a = head_of(request(&b, 1));
	assert_int_equal(a->ifa_family, AF_INET);
	assert_int_equal(a->ifa_prefixlen, 24);
	assert_int_equal(a->ifa_index, 3);
	expect_bytes(attribute(request(&b, 1), head, IFA_LOCAL), "\12\1\2\3", 4);
	expect_bytes(attribute(request(&b, 1), head, IFA_BROADCAST), "\12\1\2\xff", 4);
	a = head_of(request(&b, 2));
	assert_int_equal(a->ifa_flags, IFA_F_NODAD);
	assert_null(attribute(request(&b, 2), head, IFA_BROADCAST));
}

static void routes_follow_the_addresses(void **state)
{
	cleanup(netlink_batch_reset) struct netlink_batch b = { 0 };
	char one[] = "10.1.2.3/24", far[] = "10.9.0.0/16 via 10.1.2.9", gateway[] = "10.1.2.1";
	char *addresses[] = { one, NULL }, *routes[] = { far, NULL };
	struct oci_interface i = sample(addresses, routes);
	const size_t head = sizeof(struct rtmsg);
	const struct rtmsg *route;

	(void)state;
	i.gateway4 = gateway;
	assert_int_equal(request_have(&b, 3, &i, NULL), 0);
	assert_int_equal(b.n, 3);
	route = head_of(request(&b, 1));
	assert_int_equal(route->rtm_dst_len, 0);
	assert_null(attribute(request(&b, 1), head, RTA_DST));
	expect_bytes(attribute(request(&b, 1), head, RTA_GATEWAY), "\12\1\2\1", 4);
	expect_bytes(attribute(request(&b, 1), head, RTA_OIF), &(uint32_t){ 3 }, 4);
	route = head_of(request(&b, 2));
	assert_int_equal(route->rtm_dst_len, 16);
	expect_bytes(attribute(request(&b, 2), head, RTA_DST), "\12\x9\0\0", 4);
}

static void only_what_is_not_wanted_any_more_goes(void **state)
{
	cleanup(netlink_batch_reset) struct netlink_batch b = { 0 };
	char one[] = "10.1.2.3/24", two[] = "10.1.2.4/24", gateway[] = "10.1.2.1";
	char *both[] = { one, two, NULL }, *second[] = { two, NULL };
	struct oci_interface now = sample(both, none), wanted = sample(second, none);

	(void)state;
	now.gateway4 = wanted.gateway4 = gateway;
	assert_int_equal(request_drop(&b, 3, &now, &wanted, NULL), 0);
	assert_int_equal(b.n, 1);
	assert_int_equal(request(&b, 0)->nlmsg_type, RTM_DELADDR);
	wanted.gateway4 = NULL;
	assert_int_equal(request_drop(&b, 3, &now, &wanted, NULL), 0);
	assert_int_equal(b.n, 3);
	assert_int_equal(request(&b, 1)->nlmsg_type, RTM_DELROUTE);
}

static void texts_without_a_meaning_are_named(void **state)
{
	char wrong[] = "10.1.2.3", *list[] = { wrong, NULL };
	const struct oci_interface address = sample(list, none), route = sample(none, list);
	struct oci_interface gateway = sample(none, none);

	(void)state;
	gateway.gateway6 = (char[]){ "x:y" };
	for (size_t n = 0; n < 3; n++) {
		const struct oci_interface *const cases[] = { &address, &route, &gateway };
		cleanup(netlink_batch_reset) struct netlink_batch b = { 0 };
		struct err err = { 0 };

		assert_int_equal(request_have(&b, 3, cases[n], &err), -EINVAL);
		assert_non_null(strstr(err.msg, n == 2 ? "x:y" : "10.1.2.3"));
	}
}

static void the_largest_interface_fits_and_more_is_refused(void **state)
{
	char six[] = "fd00::2/64", far[] = "fd09::/16 via fd00::9", gateway[] = "fd00::1";
	char *addresses[OCI_ADDRESSES_MAX + 1] = { 0 }, *routes[OCI_ROUTES_MAX + 1] = { 0 };
	cleanup(netlink_batch_reset) struct netlink_batch b = { 0 };
	struct oci_interface i = sample(addresses, routes);
	struct err err = { 0 };

	(void)state;
	for (size_t n = 0; n < OCI_ADDRESSES_MAX; n++)
		addresses[n] = six;
	for (size_t n = 0; n < OCI_ROUTES_MAX; n++)
		routes[n] = far;
	i.gateway4 = i.gateway6 = gateway;
	request_up(&b, 3, &i, true);
	assert_int_equal(request_have(&b, 3, &i, &err), 0);
	assert_int_equal(b.failed, 0);
	while (b.n < NETLINK_REQUESTS_MAX)
		request_delete(&b, 3, &i);
	assert_int_equal(b.failed, 0);
	request_delete(&b, 3, &i);
	assert_int_equal(netlink_send(-1, &b, &err), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_on_the_nic_is_one_request),
		cmocka_unit_test(addresses_come_with_what_the_kernel_would_add),
		cmocka_unit_test(routes_follow_the_addresses),
		cmocka_unit_test(only_what_is_not_wanted_any_more_goes),
		cmocka_unit_test(texts_without_a_meaning_are_named),
		cmocka_unit_test(the_largest_interface_fits_and_more_is_refused),
	};

	return cmocka_run_group_tests_name("guest: requests", tests, NULL, NULL);
}
