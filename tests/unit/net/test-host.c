/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "net/outside/firewall.h"
#include "net/outside/host-rules.h"
#include "net/outside/place.h"
#include "net/outside/resolv.h"
#include "net/outside/user-network.h"

static uint32_t parse(const char *text, struct wire_resolver *ret)
{
	return resolv_parse(text, strlen(text), ret);
}

static void resolvers_are_those_of_the_file(void **state)
{
	struct wire_resolver list[WIRE_RESOLVERS_MAX];
	char text[IP_TEXT_MAX];

	(void)state;
	assert_int_equal(parse("# comment\nsearch example.org\nnameserver 192.0.2.1\n"
			       "nameserver\t2001:db8::1 # and more\n"
			       "nameserver  192.0.2.2\r\noptions edns0\nnameserver 192.0.2.3",
			       list),
			 4);
	ip_format(&list[0].ip, text);
	assert_string_equal(text, "192.0.2.1");
	ip_format(&list[1].ip, text);
	assert_string_equal(text, "2001:db8::1");
	ip_format(&list[3].ip, text);
	assert_string_equal(text, "192.0.2.3");
	assert_int_equal(parse("nameserver fe80::1%1\n", list), 1);
	assert_int_equal(list[0].scope, 1);
}

static void without_resolvers_the_host_itself_is_asked(void **state)
{
	static const char *const texts[] = { "",
					     "\n\n",
					     "nameserver\n",
					     "nameserver x\n",
					     " nameserver 192.0.2.1\n",
					     "nameservers 192.0.2.1\n",
					     ";nameserver 192.0.2.1\n",
					     "nameserver fe80::1%nosuchdevice\n" };
	struct wire_resolver list[WIRE_RESOLVERS_MAX];
	char text[IP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(parse(texts[i], list), 1);
		ip_format(&list[0].ip, text);
		assert_string_equal(text, "127.0.0.1");
	}
}

static void more_resolvers_than_there_is_room_for_are_left_out(void **state)
{
	struct wire_resolver list[WIRE_RESOLVERS_MAX];
	char text[1000] = "";

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(text, "nameserver 192.0.2.1\n");
	assert_int_equal(parse(text, list), WIRE_RESOLVERS_MAX);
}

static void take(struct place_taken *taken, const char *text)
{
	struct ip_net net;

	assert_int_equal(ip_net_parse(text, &net), 0);
	assert_int_equal(place_take(taken, &net), 0);
}

static void assert_place(const struct place_taken *taken, uint8_t family, unsigned number,
			 const char *own, const char *host)
{
	struct ip_net net;
	struct ip ip;
	char text[IP_TEXT_MAX];

	assert_int_equal(place_choose(taken, family, number, &net, &ip), 0);
	ip_net_format(&net, text);
	assert_string_equal(text, own);
	ip_format(&ip, text);
	assert_string_equal(text, host);
}

static void the_way_outside_has_addresses_that_are_nobodys(void **state)
{
	struct place_taken taken = { 0 };

	(void)state;
	assert_place(&taken, AF_INET, 0, "10.254.254.2/30", "10.254.254.1");
	assert_place(&taken, AF_INET, 1, "10.254.254.6/30", "10.254.254.5");
	assert_place(&taken, AF_INET6, 0, "fd6d:6f61:7400::2/64", "fd6d:6f61:7400::1");
	assert_place(&taken, AF_INET6, 2, "fd6d:6f61:7400:2::2/64", "fd6d:6f61:7400:2::1");
	/* A default route takes nothing. */
	take(&taken, "0.0.0.0/0");
	take(&taken, "10.254.254.0/29");
	assert_place(&taken, AF_INET, 0, "10.254.254.10/30", "10.254.254.9");
	take(&taken, "10.0.0.0/8");
	assert_place(&taken, AF_INET, 0, "172.31.254.2/30", "172.31.254.1");
	place_taken_reset(&taken);
}

static void where_everything_is_taken_there_is_none(void **state)
{
	struct place_taken taken = { 0 };
	struct ip_net own;
	struct ip host;

	(void)state;
	take(&taken, "0.0.0.0/1");
	take(&taken, "128.0.0.0/1");
	assert_int_equal(place_choose(&taken, AF_INET, 0, &own, &host), -EADDRNOTAVAIL);
	place_taken_reset(&taken);
}

static void a_table_and_its_device_have_one_number(void **state)
{
	char table[HOST_TABLE_MAX], device[IFNAMSIZ];
	unsigned number;

	(void)state;
	host_table(0, table);
	host_device(0, device);
	assert_string_equal(table, "moat");
	assert_string_equal(device, "moat0");
	host_table(3, table);
	assert_string_equal(table, "moat_3");
	assert_int_equal(host_number("moat", &number), 0);
	assert_int_equal(number, 0);
	assert_int_equal(host_number("moat_3", &number), 0);
	assert_int_equal(number, 3);
	assert_int_equal(host_number("moat12", &number), 0);
	assert_int_equal(number, 12);
	assert_int_equal(host_number("moatx", &number), -EINVAL);
	assert_int_equal(host_number("moat_99999", &number), -EINVAL);
	assert_int_equal(host_number("filter", &number), -EINVAL);
}

static void the_table_knows_what_was_opened(void **state)
{
	static const char said[] =
		"{\"nftables\":[{\"metainfo\":{\"version\":\"1.0.6\"}},"
		"{\"table\":{\"family\":\"inet\",\"name\":\"moat\",\"handle\":1}},"
		"{\"set\":{\"family\":\"inet\",\"name\":\"opened4\",\"table\":\"moat\","
		"\"elem\":[\"eth0\",\"wlan0\"]}},"
		"{\"set\":{\"family\":\"inet\",\"name\":\"opened6\",\"table\":\"moat\"}},"
		"{\"set\":{\"family\":\"inet\",\"name\":\"besides4\",\"table\":\"moat\","
		"\"elem\":[\"eth1\"]}},"
		"{\"set\":{\"family\":\"inet\",\"name\":\"subnets4\",\"table\":\"moat\","
		"\"elem\":[{\"prefix\":{\"addr\":\"10.1.0.0\",\"len\":16}}]}}]}";
	struct opened opened;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(host_rules_read(said, strlen(said), &opened, &err), 0);
	assert_int_equal(strv_len(opened.names[OPENED_4]), 2);
	assert_string_equal(opened.names[OPENED_4][1], "wlan0");
	assert_int_equal(strv_len(opened.names[OPENED_6]), 0);
	assert_int_equal(strv_len(opened.names[OPENED_4_BESIDES]), 1);
	opened_reset(&opened);
	assert_int_equal(host_rules_read("{", 1, &opened, &err), -EBADMSG);
}

static void moats_tables_are_found_among_others(void **state)
{
	static const char said[] =
		"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"moat\"}},"
		"{\"table\":{\"family\":\"ip\",\"name\":\"moat_1\"}},"
		"{\"table\":{\"family\":\"inet\",\"name\":\"moat1\"}},"
		"{\"table\":{\"family\":\"inet\",\"name\":\"filter\"}},"
		"{\"table\":{\"family\":\"inet\",\"name\":\"moat_2\"}}]}";
	unsigned *numbers;
	size_t n;

	(void)state;
	assert_int_equal(host_tables_read(said, strlen(said), &numbers, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(numbers[0], 0);
	assert_int_equal(numbers[1], 2);
	free(numbers);
	assert_int_equal(host_tables_have(said, strlen(said), 2, NULL), 1);
	assert_int_equal(host_tables_have(said, strlen(said), 1, NULL), 0);
	assert_int_equal(host_tables_have("{", 1, 2, NULL), -EBADMSG);
}

static void the_table_lets_nothing_else_pass(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	char *names[] = { (char[]){ "eth0" }, NULL };
	const struct opened opened = { .names = { [OPENED_4] = names } };
	struct ip_net subnets[2];
	struct host_rules rules = {
		.number = 1, .subnets = subnets, .n_subnets = 2, .opened = &opened
	};

	(void)state;
	assert_int_equal(ip_net_parse("10.1.0.0/16", &subnets[0]), 0);
	assert_int_equal(ip_net_parse("fd00:1::/64", &subnets[1]), 0);
	assert_int_equal(host_rules_write(&b, &rules), 0);
	assert_non_null(strstr(b.data, "delete table inet moat_1\n"));
	assert_non_null(strstr(b.data, "iifname @opened4 drop\n"));
	assert_non_null(strstr(b.data, "oifname != \"moat1\" ip saddr @subnets4 masquerade\n"));
	assert_null(strstr(b.data, "shortcuts"));
	assert_non_null(strstr(b.data, "moat_1 subnets4 { 10.1.0.0/16 }\n"));
	assert_non_null(strstr(b.data, "moat_1 subnets6 { fd00:1::/64 }\n"));
	assert_non_null(strstr(b.data, "moat_1 opened4 { \"eth0\" }\n"));
}

static void shortcuts_are_in_the_table_where_there_may_be_some(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const struct opened opened = { 0 };
	const struct host_rules rules = { 1, NULL, 0, &opened, true };

	(void)state;
	assert_int_equal(host_rules_write(&b, &rules), 0);
	assert_non_null(strstr(b.data, "map shortcuts {\n"));
	assert_non_null(strstr(b.data, "fib daddr type local dnat ip to"));
	assert_non_null(strstr(b.data, "iifname \"moat1\" ip saddr 127.0.0.0/8 drop\n"));
	assert_non_null(strstr(b.data, "iifname \"moat1\" ip daddr 127.0.0.0/8 ct state !="));
	assert_non_null(strstr(b.data, "oifname != \"moat1\" ip daddr @subnets4"));
}

#define RULE(chain, expr)                                                                          \
	"{\"rule\":{\"family\":\"ip\",\"table\":\"filter\",\"chain\":\"" chain                     \
	"\",\"expr\":[" expr "]}}"
#define SAID(rules) "{\"nftables\":[{\"metainfo\":{}}," rules "]}"
#define IIFNAME(name)                                                                              \
	"{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"iifname\"}},\"right\":\"" name    \
	"\"}}"
#define COUNTER "{\"counter\":{\"packets\":0,\"bytes\":0}}"

static void chains_for_forwarded_packets_are_found(void **state)
{
	static const char said[] = SAID(
		"{\"chain\":{\"family\":\"ip\",\"table\":\"filter\",\"name\":\"FORWARD\","
		"\"hook\":\"forward\",\"policy\":\"drop\"}},"
		"{\"chain\":{\"family\":\"ip\",\"table\":\"filter\",\"name\":\"DOCKER-USER\"}},"
		"{\"chain\":{\"family\":\"inet\",\"table\":\"moat_1\",\"name\":\"forward\","
		"\"hook\":\"forward\",\"policy\":\"accept\"}},"
		"{\"chain\":{\"family\":\"inet\",\"table\":\"x\",\"name\":\"in\","
		"\"hook\":\"input\",\"policy\":\"drop\"}},"
		"{\"chain\":{\"family\":\"inet\",\"table\":\"firewalld\",\"name\":\"f\","
		"\"hook\":\"forward\",\"policy\":\"accept\"}}");
	struct firewall_chain *chains;
	size_t n;

	(void)state;
	assert_int_equal(firewall_chains(said, strlen(said), &chains, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_string_equal(chains[0].name, "FORWARD");
	assert_true(chains[0].drops);
	assert_string_equal(chains[1].table, "firewalld");
	assert_false(chains[1].drops);
	free(chains);
}

static int blocks(const char *said, bool drops)
{
	struct firewall_chain chain = { "ip", "filter", "FORWARD", drops };

	return firewall_blocks(said, strlen(said), &chain, "moat0", NULL);
}

static void a_chain_that_drops_in_the_end_blocks_unless_it_knows_the_interface(void **state)
{
	(void)state;
	assert_int_equal(blocks(SAID("{}"), false), 0);
	assert_int_equal(blocks(SAID("{}"), true), 1);
	assert_int_equal(blocks(SAID(RULE("FORWARD", COUNTER ",{\"reject\":{}}")), false), 1);
	assert_int_equal(blocks(SAID(RULE("FORWARD", "{\"drop\":null}")), false), 1);
	/* Of another chain, or of some packets only. */
	assert_int_equal(blocks(SAID(RULE("INPUT", "{\"drop\":null}")), false), 0);
	assert_int_equal(blocks(SAID(RULE("FORWARD", IIFNAME("eth1") ",{\"drop\":null}")), false),
			 0);
	assert_int_equal(blocks(SAID(RULE("FORWARD", IIFNAME("moat0") ",{\"accept\":null}")), true),
			 0);
	assert_int_equal(
		blocks(SAID(RULE("DOCKER-USER", IIFNAME("moat*") "," COUNTER ",{\"accept\":null}")),
		       true),
		0);
	assert_int_equal(blocks(SAID(RULE("FORWARD", IIFNAME("eth0") ",{\"accept\":null}")), true),
			 1);
	assert_int_equal(blocks("{", true), -EBADMSG);
}

static void advice_names_the_chain_and_the_interface(void **state)
{
	const struct firewall_chain docker = { "ip", "filter", "FORWARD", true },
				    firewalld = { "inet", "firewalld", "filter_FORWARD", false };
	char text[256];

	(void)state;
	firewall_advice(&docker, "moat0", text, sizeof(text));
	assert_non_null(strstr(text, "iptables -I FORWARD -i moat0 -j ACCEPT"));
	firewall_advice(&firewalld, "moat1", text, sizeof(text));
	assert_non_null(strstr(text, "firewall-cmd --zone=trusted --add-interface=moat1"));
}

static void choose_beside(const char *const *subnets, struct wire_place *place, char *cidr)
{
	struct wire_uplink wish = { 0 };

	for (; *subnets; subnets++)
		assert_int_equal(ip_net_parse(*subnets, &wish.subnets[wish.n_subnets++]), 0);
	assert_int_equal(user_network_choose(&wish, place, cidr), 0);
	assert_false(user_network_overlaps(&wish, place));
}

static void without_root_the_way_outside_avoids_moats_networks(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const usual[] = { "10.0.0.0/16", "fd00::/48", NULL };
	struct wire_place place = { 0 };
	struct wire_uplink later = { .n_subnets = 1 };
	char cidr[IP_TEXT_MAX], text[IP_TEXT_MAX];

	(void)state;
	choose_beside(none, &place, cidr);
	assert_string_equal(cidr, "10.0.2.0/24");
	ip_format(&place.host[0], text);
	assert_string_equal(text, "10.0.2.2");
	ip_format(&place.own[1].ip, text);
	assert_string_equal(text, "fd00::64");
	assert_int_equal(ip_net_parse("10.0.2.128/25", &later.subnets[0]), 0);
	assert_true(user_network_overlaps(&later, &place));
	choose_beside(usual, &place, cidr);
	assert_string_equal(cidr, "10.254.253.0/24");
	assert_true(ip_is_none(&place.own[1].ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolvers_are_those_of_the_file),
		cmocka_unit_test(without_resolvers_the_host_itself_is_asked),
		cmocka_unit_test(more_resolvers_than_there_is_room_for_are_left_out),
		cmocka_unit_test(the_way_outside_has_addresses_that_are_nobodys),
		cmocka_unit_test(where_everything_is_taken_there_is_none),
		cmocka_unit_test(without_root_the_way_outside_avoids_moats_networks),
		cmocka_unit_test(a_table_and_its_device_have_one_number),
		cmocka_unit_test(the_table_knows_what_was_opened),
		cmocka_unit_test(moats_tables_are_found_among_others),
		cmocka_unit_test(the_table_lets_nothing_else_pass),
		cmocka_unit_test(shortcuts_are_in_the_table_where_there_may_be_some),
		cmocka_unit_test(chains_for_forwarded_packets_are_found),
		cmocka_unit_test(
			a_chain_that_drops_in_the_end_blocks_unless_it_knows_the_interface),
		cmocka_unit_test(advice_names_the_chain_and_the_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
