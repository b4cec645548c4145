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
#include "daemon/network/endpoint-config.h"

static int read_text(const char *text, struct endpoint_config *ret, struct err *err)
{
	cleanup_json json_t *obj = NULL;

	assert_int_equal(json_read(text, strlen(text), "test", &obj, err), 0);
	return endpoint_config_read(obj, ret, err);
}

static void everything_that_is_asked_for_is_read_and_shown(void **state)
{
	static const char text[] =
		"{\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.5\",\"IPv6Address\":\"fd00::5\"},"
		"\"Links\":[\"db:database\"],\"Aliases\":[\"web\",\"www\"],"
		"\"MacAddress\":\"02:42:0a:00:00:05\",\"DriverOpts\":{"
		"\"com.docker.network.endpoint.ifname\":\"lan0\","
		"\"com.docker.network.endpoint.sysctls\":\"net.ipv4.conf.IFNAME.log_martians=1,"
		"net.ipv6.conf.IFNAME.accept_ra=0\"},\"GwPriority\":3}";
	cleanup(endpoint_config_reset) struct endpoint_config c = { 0 };
	cleanup_json json_t *shown = NULL;
	cleanup_free char *again = NULL;
	struct err err = { 0 };

	(void)state;
	if (read_text(text, &c, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(c.ip4.bytes[3], 5);
	assert_int_equal(c.ip6.bytes[15], 5);
	assert_string_equal(c.mac, "02:42:0a:00:00:05");
	assert_int_equal(strv_len(c.aliases), 2);
	assert_string_equal(c.links[0], "db:database");
	assert_int_equal(strv_len(c.sysctls), 2);
	assert_string_equal(c.interface, "lan0");
	assert_int_equal(c.gateway_priority, 3);
	shown = endpoint_config_json(&c);
	again = json_write(shown);
	assert_string_equal(again, text);
}

static void assert_asks_for_nothing(const struct endpoint_config *c)
{
	cleanup_json json_t *shown = endpoint_config_json(c);
	cleanup_free char *text = json_write(shown);

	assert_string_equal(text, "{\"IPAMConfig\":null,\"Links\":null,\"Aliases\":null,"
				  "\"MacAddress\":\"\",\"DriverOpts\":null,\"GwPriority\":0}");
}

static void what_only_the_network_says_and_empty_texts_ask_for_nothing(void **state)
{
	static const char *const none[] = {
		"{}",
		"{\"IPAMConfig\":null,\"Links\":null,\"Aliases\":null,\"DriverOpts\":null}",
		("{\"IPAMConfig\":{},\"MacAddress\":\"\",\"NetworkID\":\"x\",\"EndpointID\":\"y\","
		 "\"Gateway\":\"10.0.0.1\",\"IPAddress\":\"10.0.0.2\",\"DNSNames\":[\"a\"]}"),
	};
	struct endpoint_config missing = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		cleanup(endpoint_config_reset) struct endpoint_config c = { 0 };

		assert_int_equal(read_text(none[i], &c, NULL), 0);
		assert_asks_for_nothing(&c);
	}
	assert_int_equal(endpoint_config_read(NULL, &missing, NULL), 0);
	assert_asks_for_nothing(&missing);
}

#define OPTION(name, value) "{\"DriverOpts\":{\"" name "\":\"" value "\"}}"

static void what_cannot_be_is_refused_by_name(void **state)
{
	static const struct {
		const char *text, *says;
		int code;
	} cases[] = {
		{ "{\"IPAMConfig\":{\"IPv4Address\":\"fd00::1\"}}", "IPv4Address", -EINVAL },
		{ "{\"IPAMConfig\":{\"IPv6Address\":\"10.0.0.1\"}}", "IPv6Address", -EINVAL },
		{ "{\"IPAMConfig\":{\"LinkLocalIPs\":[\"169.254.1.1\"]}}", "LinkLocalIPs",
		  -EOPNOTSUPP },
		{ "{\"MacAddress\":\"x\"}", "MAC address \"x\"", -EINVAL },
		{ "{\"MacAddress\":\"01:00:00:00:00:01\"}", "MAC address", -EINVAL },
		{ "{\"Links\":[\":x\"]}", "invalid link", -EINVAL },
		{ "{\"Aliases\":\"x\"}", "Aliases", -EBADMSG },
		{ OPTION("other", "x"), "option other", -EOPNOTSUPP },
		{ OPTION("com.docker.network.endpoint.ifname", "lo"), "lo", -EINVAL },
		{ OPTION("com.docker.network.endpoint.ifname", "sixteen-letters!"), "interface",
		  -EINVAL },
		{ OPTION("com.docker.network.endpoint.sysctls", "kernel.panic=1"), "sysctl",
		  -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct endpoint_config c = { 0 };
		struct err err = { 0 };

		if (read_text(cases[i].text, &c, &err) != cases[i].code ||
		    !strstr(err.msg, cases[i].says))
			fail_msg("%s: %d %s", cases[i].text, err.code, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_that_is_asked_for_is_read_and_shown),
		cmocka_unit_test(what_only_the_network_says_and_empty_texts_ask_for_nothing),
		cmocka_unit_test(what_cannot_be_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
