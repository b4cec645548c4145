/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/str.h"
#include "daemon/network/config.h"

static int read_text(const char *text, struct network_config *ret, char ***warnings,
		     struct err *err)
{
	cleanup_json json_t *body = NULL;
	int r = json_read(text, strlen(text), "test", &body, err);

	assert_int_equal(r, 0);
	return network_config_read(body, ret, warnings, err);
}

static struct network_config config(const char *text)
{
	struct network_config c = { 0 };
	struct err err = { 0 };

	if (read_text(text, &c, NULL, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return c;
}

static void assert_net(const struct ip_net *have, const char *want)
{
	char text[IP_TEXT_MAX];

	ip_net_format(have, text);
	assert_string_equal(text, want);
}

static void assert_ip(const struct ip *have, const char *want)
{
	char text[IP_TEXT_MAX];

	ip_format(have, text);
	assert_string_equal(text, want);
}

static void a_request_without_wishes_gets_a_subnet_of_ipv4(void **state)
{
	cleanup(network_config_reset) struct network_config c = config("{\"Driver\":\"\"}");

	(void)state;
	assert_true(ip_is_none(&c.subnets[FAMILY_4].net.ip));
	assert_int_equal(network_config_fill(&c, NULL, 0, 0, NULL), 0);
	assert_net(&c.subnets[FAMILY_4].net, "10.64.0.0/20");
	assert_true(c.picked[FAMILY_4] && !c.picked[FAMILY_6]);
	assert_true(ip_is_none(&c.subnets[FAMILY_6].net.ip));
	assert_false(c.internal || c.ipv6 || c.limited);
}

#define WISHES                                                                                     \
	"{\"Driver\":\"bridge\",\"Internal\":true,\"Attachable\":true,\"Scope\":\"local\","        \
	"\"Labels\":{\"a\":\"b\"},\"IPAM\":{\"Driver\":\"default\",\"Config\":["                   \
	"{\"Subnet\":\"10.5.0.0/16\",\"IPRange\":\"10.5.7.0/24\",\"Gateway\":\"10.5.0.9\","        \
	"\"AuxiliaryAddresses\":{\"printer\":\"10.5.7.1\"}},{\"Subnet\":\"fd00:5::/64\"}]},"       \
	"\"Options\":{\"com.docker.network.driver.mtu\":\"1400\","                                 \
	"\"com.docker.network.container_iface_prefix\":\"net\","                                   \
	"\"com.docker.network.bridge.host_binding_ipv4\":\"127.0.0.1\","                           \
	"\"moat.egress\":\"allow=example.org,allow=10.0.0.0/8:5432,deny\"}}"

#define SHOWN                                                                                      \
	"{\"Driver\":\"default\",\"Options\":{},\"Config\":[{\"Subnet\":\"10.5.0.0/16\","          \
	"\"IPRange\":\"10.5.7.0/24\",\"Gateway\":\"10.5.0.9\",\"AuxiliaryAddresses\":"             \
	"{\"printer\":\"10.5.7.1\"}},{\"Subnet\":\"fd00:5::/64\",\"Gateway\":\"fd00:5::1\"}]}"

static void everything_that_is_asked_for_is_read(void **state)
{
	cleanup(network_config_reset) struct network_config c = config(WISHES);
	cleanup_json json_t *ipam = NULL;
	cleanup_free char *text = NULL;

	(void)state;
	assert_int_equal(network_config_fill(&c, NULL, 0, 0, NULL), 0);
	assert_true(c.internal && c.attachable && c.ipv6);
	assert_net(&c.subnets[FAMILY_4].net, "10.5.0.0/16");
	assert_net(&c.subnets[FAMILY_4].range, "10.5.7.0/24");
	assert_ip(&c.subnets[FAMILY_4].gateway, "10.5.0.9");
	assert_net(&c.subnets[FAMILY_6].net, "fd00:5::/64");
	assert_ip(&c.subnets[FAMILY_6].gateway, "fd00:5::1");
	assert_false(c.picked[FAMILY_4] || c.picked[FAMILY_6]);
	assert_int_equal(c.n_reserved, 1);
	assert_int_equal(c.mtu, 1400);
	assert_string_equal(c.interface_prefix, "net");
	assert_ip(&c.host_binding, "127.0.0.1");
	assert_true(c.limited);
	assert_int_equal(strv_len(c.allow), 2);
	assert_string_equal(c.allow[1], "10.0.0.0/8:5432");
	ipam = network_config_ipam(&c);
	text = json_write(ipam);
	assert_string_equal(text, SHOWN);
}

static void what_is_stored_is_read_as_it_was(void **state)
{
	static const char *const requests[] = {
		"{}", "{\"EnableIPv6\":true,\"Labels\":{\"x\":\"\"}}", WISHES,
		"{\"Internal\":true,\"Options\":{\"moat.egress\":\"deny\"}}"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		cleanup(network_config_reset) struct network_config c = config(requests[i]);
		cleanup(network_config_reset) struct network_config again = { 0 };
		cleanup_free char *text = NULL, *text_again = NULL;

		assert_int_equal(network_config_fill(&c, NULL, 0, 9, NULL), 0);
		text = network_config_write(&c);
		again = config(text);
		text_again = network_config_write(&again);
		assert_string_equal(text_again, text);
		assert_int_equal(again.picked[FAMILY_4], c.picked[FAMILY_4]);
		assert_int_equal(again.picked[FAMILY_6], c.picked[FAMILY_6]);
		assert_int_equal(again.limited, c.limited);
		assert_int_equal(again.n_reserved, c.n_reserved);
	}
}

static void a_picked_subnet_is_picked_again_and_another_one_is_not(void **state)
{
	cleanup(network_config_reset) struct network_config picked = config("{}");
	cleanup(network_config_reset) struct network_config named =
		config("{\"IPAM\":{\"Config\":[{\"Subnet\":\"10.64.0.0/20\"}]}}");
	struct ip_user user = { .who = "this host's route by tun0" };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ip_net_parse("10.64.0.0/16", &user.net), 0);
	assert_int_equal(network_config_fill(&picked, NULL, 0, 0, &err), 0);
	assert_net(&picked.subnets[FAMILY_4].net, "10.64.0.0/20");
	assert_int_equal(network_config_fill(&picked, &user, 1, 0, &err), 0);
	assert_net(&picked.subnets[FAMILY_4].net, "10.65.0.0/20");
	assert_true(picked.picked[FAMILY_4]);
	assert_int_equal(network_config_fill(&named, &user, 1, 0, &err), -EEXIST);
	assert_non_null(strstr(err.msg, "tun0"));
}

#define SUBNETS(text)	    "{\"IPAM\":{\"Config\":[" text "]}}"
#define OPTION(name, value) "{\"Options\":{\"" name "\":\"" value "\"}}"

static void what_cannot_be_is_refused_by_name(void **state)
{
	static const struct {
		const char *body, *says;
		int code;
	} cases[] = {
		{ "{\"Driver\":\"macvlan\"}", "network driver \"macvlan\"", -EOPNOTSUPP },
		{ "{\"Scope\":\"swarm\"}", "scope", -EOPNOTSUPP },
		{ "{\"Ingress\":true}", "Ingress", -EOPNOTSUPP },
		{ "{\"EnableIPv4\":false}", "EnableIPv4", -EOPNOTSUPP },
		{ "{\"IPAM\":{\"Driver\":\"dhcp\"}}", "IPAM driver", -EOPNOTSUPP },
		{ "{\"IPAM\":{\"Options\":{\"a\":\"b\"}}}", "IPAM options", -EOPNOTSUPP },
		{ SUBNETS("{\"Subnet\":\"10.0.0.0/24\"},{\"Subnet\":\"10.1.0.0/24\"}"),
		  "more than one subnet", -EOPNOTSUPP },
		{ SUBNETS("{\"Subnet\":\"10.0.0.0\"}"), "ADDRESS/BITS", -EINVAL },
		{ SUBNETS("{\"Gateway\":\"10.0.0.1\"}"), "needs its subnet", -EINVAL },
		{ SUBNETS("{\"Subnet\":\"10.0.0.0/24\",\"AuxiliaryAddresses\":"
			  "{\"a\":\"10.0.1.1\"}}"),
		  "auxiliary address a", -EINVAL },
		{ SUBNETS("1"), "array of objects", -EBADMSG },
		{ "{\"IPAM\":{\"Config\":{}}}", "Config", -EBADMSG },
		{ "{\"Labels\":{\"a\":1}}", "Labels", -EBADMSG },
		{ OPTION("com.docker.network.driver.mtu", "1000"), "1280 to 9216", -EINVAL },
		{ OPTION("com.docker.network.bridge.enable_icc", "false"), "enable_icc=false",
		  -EOPNOTSUPP },
		{ OPTION("com.docker.network.container_iface_prefix", "a/b"),
		  "prefix of interfaces", -EINVAL },
		{ OPTION("moat.egress", "allow=a b"), "egress rule", -EINVAL },
		{ OPTION("moat.egress", "forbid=a"), "egress rule", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network_config c = { 0 };
		struct err err = { 0 };

		if (read_text(cases[i].body, &c, NULL, &err) != cases[i].code ||
		    !strstr(err.msg, cases[i].says))
			fail_msg("%s: %d %s", cases[i].body, err.code, err.msg);
	}
}

static void options_without_effect_are_told_of(void **state)
{
	cleanup(network_config_reset) struct network_config c = { 0 };
	cleanup_strv char **warnings = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(read_text("{\"Options\":{\"com.docker.network.bridge.name\":\"br9\","
				   "\"com.docker.network.bridge.enable_icc\":\"true\"}}",
				   &c, &warnings, &err),
			 0);
	assert_int_equal(strv_len(warnings), 1);
	assert_string_equal(warnings[0], "com.docker.network.bridge.name has no effect");
}

static void names_are_dockers(void **state)
{
	static const char *const good[] = { "a", "web", "demo_default", "a.b-c_d", "0" };
	static const char *const bad[] = { "", "-a", "a b", "a/b", "_x", "\xc3\xa4" };
	char longest[NETWORK_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(network_name_check(good[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(network_name_check(bad[i], NULL), -EINVAL);
	memset(longest, 'a', sizeof(longest));
	longest[NETWORK_NAME_MAX + 1] = '\0';
	assert_int_equal(network_name_check(longest, NULL), -EINVAL);
	longest[NETWORK_NAME_MAX] = '\0';
	assert_int_equal(network_name_check(longest, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_without_wishes_gets_a_subnet_of_ipv4),
		cmocka_unit_test(everything_that_is_asked_for_is_read),
		cmocka_unit_test(what_is_stored_is_read_as_it_was),
		cmocka_unit_test(a_picked_subnet_is_picked_again_and_another_one_is_not),
		cmocka_unit_test(what_cannot_be_is_refused_by_name),
		cmocka_unit_test(options_without_effect_are_told_of),
		cmocka_unit_test(names_are_dockers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
