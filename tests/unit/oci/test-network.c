/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "oci/network-check.h"
#include "oci/network-json.h"

/* Two interfaces: one with all there is, one with what is needed. */
static const char both[] =
	"{\"interfaces\":[{\"slot\":0,\"name\":\"eth0\",\"mac\":\"02:42:0a:01:02:03\",\"mtu\":9000,"
	"\"addresses\":[\"10.1.2.3/24\",\"fd00::2/64\"],\"gateway4\":\"10.1.2.1\","
	"\"gateway6\":\"fd00::1\",\"routes\":[\"10.9.0.0/16 via 10.1.2.9\"],"
	"\"sysctls\":[\"net.ipv4.conf.IFNAME.forwarding=1\"]},"
	"{\"slot\":7,\"name\":\"eth1\",\"mac\":\"02:42:0a:01:02:04\",\"mtu\":1500}]}";

static void read_text(const char *text, struct oci_network *ret)
{
	cleanup_json json_t *obj = NULL;
	struct err err;

	if (json_read(text, strlen(text), "network", &obj, &err) < 0 ||
	    oci_network_read(obj, ret, &err) < 0)
		fail_msg("%s", err.msg);
}

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const unsigned char *)b->data, .len = len };
}

static void expect_both(const struct oci_network *n)
{
	const struct oci_interface *i = oci_network_find(n, 0);

	assert_int_equal(n->n, 2);
	assert_non_null(i);
	assert_string_equal(i->name, "eth0");
	assert_memory_equal(i->mac, "\x02\x42\x0a\1\2\3", 6);
	assert_int_equal(i->mtu, 9000);
	assert_string_equal(i->addresses[1], "fd00::2/64");
	assert_string_equal(i->gateway4, "10.1.2.1");
	assert_string_equal(i->gateway6, "fd00::1");
	assert_string_equal(i->routes[0], "10.9.0.0/16 via 10.1.2.9");
	assert_string_equal(i->sysctls[0], "net.ipv4.conf.IFNAME.forwarding=1");
	i = oci_network_find(n, 7);
	assert_non_null(i);
	assert_int_equal(strv_len(i->addresses), 0);
	assert_null(oci_network_find(n, 1));
}

static void json_is_read_and_written_the_same(void **state)
{
	cleanup(oci_network_reset) struct oci_network n = { 0 }, none = { 0 };
	cleanup_json json_t *obj = NULL, *empty = NULL;
	cleanup_free char *text = NULL;

	(void)state;
	read_text(both, &n);
	expect_both(&n);
	obj = oci_network_write(&n);
	text = json_write(obj);
	assert_string_equal(text, both);
	assert_int_equal(oci_network_read(NULL, &none, NULL), 0);
	assert_int_equal(none.n, 0);
	empty = oci_network_write(&none);
	assert_int_equal(json_array_size(json_object_get(empty, "interfaces")), 0);
}

static void a_message_brings_what_was_put(void **state)
{
	cleanup(oci_network_reset) struct oci_network sent = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct wire_view v;

	(void)state;
	read_text(both, &sent);
	assert_int_equal(oci_network_put(&b, &sent), 0);
	assert_int_equal(buf_add(&b, "rest", 4), 0);
	v = view(&b, b.len);
	assert_int_equal(oci_network_get(&v, &got), 0);
	assert_int_equal(v.len, 4);
	expect_both(&got);
	for (size_t i = 0; i < sent.n; i++)
		assert_true(oci_interface_is_equal(&sent.interfaces[i], &got.interfaces[i]));
}

static void cut_messages_are_refused(void **state)
{
	cleanup(oci_network_reset) struct oci_network sent = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	read_text(both, &sent);
	assert_int_equal(oci_network_put(&b, &sent), 0);
	for (size_t len = 0; len < b.len; len++) {
		struct wire_view v = view(&b, len);

		assert_int_equal(oci_network_get(&v, &got), -EBADMSG);
	}
	assert_int_equal(got.n, 0);
}

static void messages_past_the_bounds_are_refused(void **state)
{
	static const struct {
		size_t at; /* in what is sent */
		unsigned char byte;
	} cases[] = {
		{ 0, OCI_INTERFACES_MAX + 1 }, /* how many */
		{ 1, OCI_INTERFACES_MAX },     /* slot */
		{ 1, 7 },		       /* that of the other */
		{ 2, 0 },		       /* length of the name */
		{ 2, OCI_INTERFACE_NAME_MAX + 1 },
		{ 6, '\0' },  /* in the name */
		{ 18, 0xff }, /* the MTU's upper half */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(oci_network_reset) struct oci_network sent = { 0 }, got = { 0 };
		cleanup(buf_reset) struct buf b = BUF_INIT;
		struct wire_view v;

		read_text(both, &sent);
		assert_int_equal(oci_network_put(&b, &sent), 0);
		b.data[cases[i].at] = (char)cases[i].byte;
		v = view(&b, b.len);
		if (oci_network_get(&v, &got) != -EBADMSG)
			fail_msg("case %zu was read", i);
	}
}

static void too_many_addresses_are_refused(void **state)
{
	cleanup(oci_network_reset) struct oci_network sent = { 0 }, got = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct wire_view v;

	(void)state;
	read_text(both, &sent);
	while (strv_len(sent.interfaces[1].addresses) <= OCI_ADDRESSES_MAX)
		assert_int_equal(strv_add(&sent.interfaces[1].addresses, "10.1.1.1/8"), 0);
	assert_int_equal(oci_network_check(&sent, NULL), -EINVAL);
	assert_int_equal(oci_network_put(&b, &sent), 0);
	v = view(&b, b.len);
	assert_int_equal(oci_network_get(&v, &got), -EBADMSG);
}

static void a_copy_is_equal_until_it_is_changed(void **state)
{
	cleanup(oci_network_reset) struct oci_network n = { 0 }, copy = { 0 };
	struct oci_interface *first, *second;

	(void)state;
	read_text(both, &n);
	assert_int_equal(oci_network_copy(&n, &copy), 0);
	expect_both(&copy);
	first = &copy.interfaces[0];
	second = &copy.interfaces[1];
	assert_true(oci_interface_is_equal(&n.interfaces[0], first));
	assert_true(oci_interface_is_equal(&n.interfaces[1], second));
	first->gateway6[0] = 'e';
	assert_false(oci_interface_is_equal(&n.interfaces[0], first));
	assert_int_equal(strv_add(&second->routes, "1.0.0.0/8 via 2.0.0.0"), 0);
	assert_false(oci_interface_is_equal(&n.interfaces[1], second));
}

#define ONE(members) "{\"interfaces\":[{" members "}]}"
#define ETH0	     "\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:01\""

static void what_is_wrong_is_named(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"interfaces\":{}}", "interfaces" },
		{ ONE("\"name\":\"eth0\""), "mac" },
		{ ONE("\"mac\":\"02:00:00:00:00:01\""), "name" },
		{ ONE("\"mac\":\"02:00:00:00:00:01\",\"name\":\"a-name-too-long-\""), "name" },
		{ ONE("\"mac\":\"02:00:00:00:00:01\",\"name\":\"../x\""), "../x" },
		{ ONE("\"mac\":\"02:00:00:00:00:01\",\"name\":\"lo\""), "lo" },
		{ ONE("\"mac\":\"02:00:00:00:00:01\",\"name\":\"e%d\""), "e%d" },
		{ ONE("\"mac\":\"03:00:00:00:00:01\",\"name\":\"eth0\""), "mac" },
		{ ONE(ETH0 ",\"slot\":8"), "slot" },
		{ ONE(ETH0 ",\"mtu\":0"), "MTU" },
		{ ONE(ETH0 ",\"mtu\":65536"), "mtu" },
		{ ONE(ETH0 ",\"mtu\":1279,\"addresses\":[\"fd00::1/64\"]"), "1280" },
		{ ONE(ETH0 ",\"addresses\":[\"10.0.0.1\"]"), "10.0.0.1" },
		{ ONE(ETH0 ",\"addresses\":[\"10.0.0.1/33\"]"), "10.0.0.1/33" },
		{ ONE(ETH0 ",\"addresses\":[7]"), "addresses" },
		{ ONE(ETH0 ",\"gateway4\":\"fd00::1\""), "fd00::1" },
		{ ONE(ETH0 ",\"gateway6\":\"10.0.0.1\""), "10.0.0.1" },
		{ ONE(ETH0 ",\"routes\":[\"10.0.0.0/8\"]"), "10.0.0.0/8" },
		{ ONE(ETH0 ",\"sysctls\":[\"net.ipv4.conf.eth0.forwarding=1\"]"), "IFNAME" },
		{ ONE(ETH0 ",\"sysctls\":[\"net.ipv4.conf.IFNAME.../../x=1\"]"), "sysctl" },
		{ ONE(ETH0 ",\"sysctls\":[\"net.ipv4.conf.IFNAME.x=\\n\"]"), "sysctl" },
		{ "{\"interfaces\":[{" ETH0 "},{" ETH0 "}]}", "slot 0" },
		{ "{\"interfaces\":[{" ETH0 "},{\"slot\":1," ETH0 "}]}", "named eth0" },
		{ "{\"interfaces\":[{" ETH0 "},{\"slot\":1,\"name\":\"eth1\","
		  "\"mac\":\"02:00:00:00:00:01\"}]}",
		  "MAC" },
		{ "{\"interfaces\":[{" ETH0 "},{\"slot\":1,\"name\":\"eth1\",\"mtu\":9000,"
		  "\"mac\":\"02:00:00:00:00:02\"}]}",
		  "9000" },
		{ "{\"interfaces\":[0,0,0,0,0,0,0,0,0]}", "8 at most" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json json_t *obj = NULL;
		struct oci_network n = { 0 };
		struct err err = { 0 };

		assert_int_equal(json_read(cases[i][0], strlen(cases[i][0]), "x", &obj, &err), 0);
		if (oci_network_read(obj, &n, &err) >= 0)
			fail_msg("%s was read", cases[i][0]);
		if (!strstr(err.msg, cases[i][1]))
			fail_msg("%s: \"%s\" does not name %s", cases[i][0], err.msg, cases[i][1]);
		assert_null(n.interfaces);
	}
}

static void routes_are_told_from_what_is_none(void **state)
{
	static const char *const wrong[] = { "10.0.0.0/8",
					     "10.0.0.0/8 via ",
					     "10.0.0.1/8 via 10.1.1.1",
					     "10.0.0.0/8 via fd00::1",
					     " via 10.1.1.1",
					     "10.0.0.0/8  via 10.1.1.1",
					     "fd00:1::1/32 via fd00::1" };
	struct oci_route route;

	(void)state;
	assert_int_equal(oci_route_parse("0.0.0.0/0 via 10.0.0.1", &route), 0);
	assert_int_equal(oci_route_parse("fd00:1::/32 via fd00::1", &route), 0);
	assert_int_equal(route.to.bits, 32);
	assert_int_equal(route.via.bytes[15], 1);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(oci_route_parse(wrong[i], &route), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_read_and_written_the_same),
		cmocka_unit_test(a_message_brings_what_was_put),
		cmocka_unit_test(cut_messages_are_refused),
		cmocka_unit_test(messages_past_the_bounds_are_refused),
		cmocka_unit_test(too_many_addresses_are_refused),
		cmocka_unit_test(a_copy_is_equal_until_it_is_changed),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(routes_are_told_from_what_is_none),
	};

	return cmocka_run_group_tests_name("oci: network", tests, NULL, NULL);
}
