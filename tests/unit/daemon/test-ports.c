/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "daemon/spec/ports.h"

static int read_plan(const char *config, const char *host, struct port_plan *ret, struct err *err)
{
	cleanup_json json_t *c = json_loads(config, 0, NULL), *h = json_loads(host, 0, NULL);

	assert_non_null(c);
	assert_non_null(h);
	return port_plan_read(c, h, ret, err);
}

/* @expected: "IP HOST[-LAST]>PORT/PROTOCOL, …" */
static void check_plan(const char *config, const char *host, const char *expected)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct port_plan p = { 0 };
	struct err err = { 0 };

	(void)read_plan(config, host, &p, &err);
	assert_string_equal(err.msg, "");
	assert_int_equal(buf_adds(&text, ""), 0);
	for (size_t i = 0; i < p.n; i++) {
		const struct port_binding *b = &p.bindings[i];
		char key[PORT_TEXT_MAX];

		port_key(b->port, b->protocol, key);
		assert_int_equal(
			buf_addf(&text, "%s%s %u", i ? ", " : "", b->host_ip, b->host.first), 0);
		if (b->host.last != b->host.first)
			assert_int_equal(buf_addf(&text, "-%u", b->host.last), 0);
		assert_int_equal(buf_addf(&text, ">%s", key), 0);
	}
	assert_string_equal(text.data, expected);
	port_plan_reset(&p);
}

static void check_refused(const char *config, const char *host, const char *part)
{
	struct port_plan p = { 0 };
	struct err err = { 0 };

	assert_int_not_equal(read_plan(config, host, &p, &err), 0);
	assert_null(p.bindings);
	if (!strstr(err.msg, part))
		fail_msg("%s is not in %s", part, err.msg);
}

static void bindings_are_read_in_dockers_forms(void **state)
{
	(void)state;
	check_plan("{}", "{}", "");
	check_plan("{}", "{\"PortBindings\":null}", "");
	check_plan("{}", "{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"}]}}",
		   " 8080>80/tcp");
	check_plan("{}", "{\"PortBindings\":{\"80\":[{\"HostIp\":\"\",\"HostPort\":\"0\"}]}}",
		   " 0>80/tcp");
	check_plan("{}", "{\"PortBindings\":{\"80/tcp\":[{}]}}", " 0>80/tcp");
	check_plan("{}", "{\"PortBindings\":{\"80/tcp\":[]}}", "");
	check_plan("{}", "{\"PortBindings\":{\"80/tcp\":null}}", "");
	check_plan(
		"{}",
		"{\"PortBindings\":{\"53/udp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"53\"}]}}",
		"127.0.0.1 53>53/udp");
	check_plan("{}",
		   "{\"PortBindings\":{\"80/"
		   "tcp\":[{\"HostIp\":\"0:0::1\",\"HostPort\":\"8000-8009\"}]}}",
		   "::1 8000-8009>80/tcp");
}

static void ports_are_in_order_and_none_is_there_twice(void **state)
{
	(void)state;
	check_plan(
		"{}",
		"{\"PortBindings\":{\"443/tcp\":[{\"HostPort\":\"443\"}],"
		"\"80/udp\":[{\"HostPort\":\"80\"}],"
		"\"80/tcp\":[{\"HostPort\":\"81\"},{\"HostPort\":\"80\"},{\"HostPort\":\"81\"}]}}",
		" 80>80/tcp,  81>80/tcp,  80>80/udp,  443>443/tcp");
	/* Two that moatd is to choose are two. */
	check_plan("{}", "{\"PortBindings\":{\"80/tcp\":[{},{}]}}", " 0>80/tcp,  0>80/tcp");
}

static void all_that_is_exposed_can_be_published(void **state)
{
	const char *exposed = "{\"ExposedPorts\":{\"443/tcp\":{},\"80/tcp\":{},\"9/sctp\":{}}}";

	(void)state;
	check_plan(exposed, "{}", "");
	check_plan(exposed, "{\"PublishAllPorts\":true}", " 0>80/tcp,  0>443/tcp");
	check_plan(exposed,
		   "{\"PublishAllPorts\":true,"
		   "\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"}]}}",
		   " 8080>80/tcp,  0>443/tcp");
}

static void what_makes_no_sense_is_refused_by_name(void **state)
{
	(void)state;
	check_refused("{}", "{\"PortBindings\":{\"x/tcp\":[]}}", "\"x/tcp\"");
	check_refused("{}", "{\"PortBindings\":{\"80-81/tcp\":[]}}", "80-81/tcp");
	check_refused("{}", "{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"x\"}]}}", "\"x\"");
	check_refused("{}", "{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"70000\"}]}}", "70000");
	check_refused("{}", "{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":80}]}}", "HostPort");
	check_refused("{}", "{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"localhost\"}]}}",
		      "\"localhost\"");
	check_refused("{}", "{\"PortBindings\":{\"80/tcp\":{}}}", "80/tcp");
	check_refused("{}", "{\"PortBindings\":{\"80/tcp\":[1]}}", "80/tcp");
	check_refused("{}", "{\"PortBindings\":{\"9/sctp\":[{}]}}", "SCTP");
	check_refused("{}", "{\"PublishAllPorts\":1}", "PublishAllPorts");
	check_refused("{\"ExposedPorts\":{\"a\":{}}}", "{\"PublishAllPorts\":true}", "\"a\"");
}

static void there_is_an_end_to_it(void **state)
{
	cleanup(buf_reset) struct buf host = BUF_INIT;

	(void)state;
	assert_int_equal(buf_adds(&host, "{\"PortBindings\":{\"80/tcp\":[{}"), 0);
	for (unsigned i = 0; i < PORTS_MAX; i++)
		assert_int_equal(buf_adds(&host, ",{}"), 0);
	assert_int_equal(buf_adds(&host, "]}}"), 0);
	check_refused("{}", host.data, "8192");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bindings_are_read_in_dockers_forms),
		cmocka_unit_test(ports_are_in_order_and_none_is_there_twice),
		cmocka_unit_test(all_that_is_exposed_can_be_published),
		cmocka_unit_test(what_makes_no_sense_is_refused_by_name),
		cmocka_unit_test(there_is_an_end_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
