/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/str.h"
#include "net/inside/rules-egress.h"
#include "net/inside/rules.h"

static struct network *network_of(char **allow)
{
	static struct network n;

	egress_list_reset(&n.egress);
	memset(&n, 0, sizeof(n));
	memcpy(n.spec.id, "0123456789ab", sizeof(n.spec.id));
	memcpy(n.bridge, "b0123456789", sizeof("b0123456789"));
	n.spec.limited = allow != NULL;
	n.spec.n_subnets = 2;
	assert_int_equal(ip_parse("10.1.0.1", &n.spec.subnets[0].gateway), 0);
	assert_int_equal(ip_parse("fd00::1", &n.spec.subnets[1].gateway), 0);
	assert_int_equal(egress_list_make(allow, &n.egress), 0);
	return &n;
}

static struct port *port_of(struct network *n, struct tap *tap, int slot)
{
	static struct port p;

	memset(&p, 0, sizeof(p));
	memcpy(tap->name, "t7", sizeof("t7"));
	p.tap = tap;
	p.network = n;
	p.spec.slot = slot;
	memcpy(p.spec.mac, "\x02\x42\x0a\x01\x00\x02", 6);
	p.spec.n_addresses = 2;
	assert_int_equal(ip_parse("10.1.0.2", &p.spec.addresses[0]), 0);
	assert_int_equal(ip_parse("fd00::2", &p.spec.addresses[1]), 0);
	strcpy(p.device, slot ? "t7s1" : "t7");
	strcpy(p.inner, slot ? "t7x1" : "");
	return &p;
}

static void assert_has(const struct buf *b, const char *line)
{
	if (!strstr(b->data, line))
		fail_msg("no \"%s\" in:\n%s", line, b->data);
}

static void assert_lacks(const struct buf *b, const char *text)
{
	if (strstr(b->data, text))
		fail_msg("\"%s\" in:\n%s", text, b->data);
}

static void a_port_may_send_as_its_mac_and_addresses(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct tap tap = { 0 };

	(void)state;
	assert_int_equal(rules_add_port(&b, port_of(network_of(NULL), &tap, 0)), 0);
	assert_has(&b, "add element bridge moat macs { \"t7\" . 02:42:0a:01:00:02 }\n");
	assert_has(&b, "add element bridge moat own4 { \"t7\" . 02:42:0a:01:00:02 . 10.1.0.2 }\n");
	assert_has(&b, "add element bridge moat own6 { \"t7\" . 02:42:0a:01:00:02 . fd00::2 }\n");
	assert_has(&b, "own6 { \"t7\" . 02:42:0a:01:00:02 . fe80::42:aff:fe01:2 }\n");
	assert_has(&b, "targets { \"t7\" . 0xfd000000000000000000000000000002 }\n");
	assert_lacks(&b, "netdev");
}

static void a_further_slot_is_told_by_its_mac(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct tap tap = { 0 };

	(void)state;
	assert_int_equal(rules_add_port(&b, port_of(network_of(NULL), &tap, 1)), 0);
	assert_has(&b, "macs { \"t7s1\" . 02:42:0a:01:00:02 }\n");
	assert_has(&b, "ether saddr 02:42:0a:01:00:02 fwd to \"t7x1\"\n");
	assert_has(&b, "add rule netdev moat t7x1 fwd to \"t7\"\n");
}

static void what_is_removed_may_be_gone_already(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct tap tap = { 0 };

	(void)state;
	assert_int_equal(rules_remove_port(&b, port_of(network_of(NULL), &tap, 0)), 0);
	assert_has(&b, "add element bridge moat macs { \"t7\" . 02:42:0a:01:00:02 }\n"
		       "delete element bridge moat macs { \"t7\" . 02:42:0a:01:00:02 }\n");
}

static void a_network_lets_out_unless_it_is_internal(void **state)
{
	cleanup(buf_reset) struct buf open = BUF_INIT, internal = BUF_INIT;
	struct network *n = network_of(NULL);

	(void)state;
	assert_int_equal(rules_add_network(&open, n), 0);
	assert_has(&open, "add rule inet moat n_0123456789ab oifname \"up0\"  accept\n");
	assert_has(&open, "gates4 { \"b0123456789\" . 10.1.0.1 }\n");
	assert_has(&open, "gates6 { \"b0123456789\" . fd00::1 }\n");
	assert_has(&open, "networks { \"b0123456789\" : goto n_0123456789ab }\n");
	n->spec.internal = true;
	assert_int_equal(rules_add_network(&internal, n), 0);
	assert_lacks(&internal, "accept");
	assert_has(&internal, "counter name c_0123456789ab reject");
	egress_list_reset(&n->egress);
}

static void a_limited_network_lets_out_what_it_allows(void **state)
{
	char *allow[] = { (char[]){ "example.org:443/tcp" }, (char[]){ "example.com:443/tcp" },
			  (char[]){ "example.net" },	     (char[]){ "10.0.0.0/8:5432" },
			  (char[]){ "[::/0]:53/udp" },	     NULL };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct network *n = network_of(allow);

	(void)state;
	assert_int_equal(rules_add_network(&b, n), 0);
	assert_int_equal(n->egress.groups, 2);
	assert_has(&b, "add set inet moat g0_0123456789ab_4a { type ipv4_addr; }\n");
	assert_has(&b, "add set inet moat g1_0123456789ab_6b { type ipv6_addr; }\n");
	assert_has(&b, "ip daddr @g0_0123456789ab_4a tcp dport 443 accept\n");
	assert_has(&b, "ip6 daddr @g0_0123456789ab_6b tcp dport 443 accept\n");
	assert_has(&b, "ip daddr @g1_0123456789ab_4b accept\n");
	assert_has(&b, "ip daddr 10.0.0.0/8 tcp dport 5432 accept\n");
	assert_has(&b, "ip daddr 10.0.0.0/8 udp dport 5432 accept\n");
	assert_has(&b, "meta nfproto ipv6 udp dport 53 accept\n");
	assert_has(&b, "counter name c_0123456789ab reject");
	assert_lacks(&b, "\"up0\"  accept");
	buf_reset(&b);
	assert_int_equal(egress_expire(&b, n, 1), 0);
	assert_has(&b, "flush set inet moat g0_0123456789ab_4b\n");
	assert_lacks(&b, "_4a");
	egress_list_reset(&n->egress);
}

static void all_rules_have_everything_in_them(void **state)
{
	cleanup(buf_reset) struct buf kept = BUF_INIT, fresh = BUF_INIT;
	struct model m = { .uplink = { .masquerade = true } };
	struct network *n = network_of(NULL);
	struct tap tap = { 0 };
	struct port *p = port_of(n, &tap, 0);

	(void)state;
	assert_int_equal(ip_parse("10.254.0.1", &m.uplink.host[0]), 0);
	LIST_INSERT_HEAD(&m.networks, n, link);
	LIST_INSERT_HEAD(&m.ports, p, link);
	assert_int_equal(rules_whole(&kept, &m, true), 0);
	assert_has(&kept, "flush table inet moat\n");
	assert_lacks(&kept, "delete table");
	assert_has(&kept, "hosts4 { 10.254.0.1 }\n");
	assert_has(&kept, "oifname \"up0\" masquerade\n");
	assert_has(&kept, "n_0123456789ab");
	assert_has(&kept, "\"t7\" . 02:42:0a:01:00:02 . 10.1.0.2");
	m.uplink.masquerade = false;
	assert_int_equal(rules_whole(&fresh, &m, false), 0);
	assert_has(&fresh, "delete table inet moat\n");
	assert_lacks(&fresh, "oifname \"up0\" masquerade\n");
	assert_has(&fresh, "iifname \"up0\" oifname @bridges ip saddr @hosts4 masquerade\n");
	egress_list_reset(&n->egress);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_may_send_as_its_mac_and_addresses),
		cmocka_unit_test(a_further_slot_is_told_by_its_mac),
		cmocka_unit_test(what_is_removed_may_be_gone_already),
		cmocka_unit_test(a_network_lets_out_unless_it_is_internal),
		cmocka_unit_test(a_limited_network_lets_out_what_it_allows),
		cmocka_unit_test(all_rules_have_everything_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
