/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "net/egress.h"

static void rules_say_where_and_to_which_port(void **state)
{
	static const struct {
		const char *text, *name, *net;
		uint16_t port;
		bool tcp, udp;
	} cases[] = {
		{ "example.org", "example.org", "" },
		{ "Example.ORG", "example.org", "" },
		{ "example.org:443", "example.org", "", 443, true, true },
		{ "example.org:443/tcp", "example.org", "", 443, true, false },
		{ "db", "db", "" },
		{ "10.0.0.0/8", "", "10.0.0.0/8" },
		{ "10.1.2.3/8", "", "10.0.0.0/8" },
		{ "10.1.2.3", "", "10.1.2.3/32" },
		{ "10.0.0.0/8:5432", "", "10.0.0.0/8", 5432, true, true },
		{ "10.1.2.3:53/udp", "", "10.1.2.3/32", 53, false, true },
		{ "fd00::/8", "", "fd00::/8" },
		{ "fd00::1", "", "fd00::1/128" },
		{ "[fd00::/8]:443", "", "fd00::/8", 443, true, true },
		{ "[fd00::1]:53/udp", "", "fd00::1/128", 53, false, true },
		{ "[fd00::1]", "", "fd00::1/128" },
		{ "0.0.0.0/0:443", "", "0.0.0.0/0", 443, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct egress_rule rule;
		char net[IP_TEXT_MAX];

		assert_int_equal(egress_parse(cases[i].text, &rule, NULL), 0);
		assert_string_equal(rule.name, cases[i].name);
		ip_net_format(&rule.net, net);
		assert_string_equal(net, cases[i].net);
		assert_int_equal(rule.port, cases[i].port);
		assert_int_equal(rule.tcp, cases[i].tcp);
		assert_int_equal(rule.udp, cases[i].udp);
	}
}

static void what_is_no_rule_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		":443",
		"example.org:",
		"example.org:0",
		"example.org:65536",
		"example.org:http",
		"example.org/tcp",
		"example.org:443/sctp",
		"10.0.0.0/33",
		"10.1",
		"300.1.2.3",
		"*.example.org",
		"exa mple.org",
		"example.org\nserver=1.2.3.4",
		"a..b",
		"[fd00::1",
		"[fd00::1]443",
		"[]:443",
		"fd00::1/129",
		"fe80::1%eth0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct egress_rule rule;
		struct err err = { 0 };

		assert_int_equal(egress_parse(cases[i], &rule, &err), -EINVAL);
		assert_true(*err.msg);
	}
}

static void a_rule_that_is_too_long_is_refused(void **state)
{
	struct egress_rule rule;
	char text[400];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(egress_parse(text, &rule, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_say_where_and_to_which_port),
		cmocka_unit_test(what_is_no_rule_is_refused),
		cmocka_unit_test(a_rule_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
