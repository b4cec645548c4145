/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "oci/port.h"

static void ports_ranges_and_protocols_are_read(void **state)
{
	static const struct {
		const char *text;
		struct port_spec spec;
	} cases[] = {
		{ "80", { { 80, 80 }, PORT_TCP } },
		{ "80/tcp", { { 80, 80 }, PORT_TCP } },
		{ "53/udp", { { 53, 53 }, PORT_UDP } },
		{ "53/UDP", { { 53, 53 }, PORT_UDP } },
		{ "9/sctp", { { 9, 9 }, PORT_SCTP } },
		{ "1-65535", { { 1, 65535 }, PORT_TCP } },
		{ "8000-8010/udp", { { 8000, 8010 }, PORT_UDP } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct port_spec got;

		assert_int_equal(port_spec_parse(cases[i].text, &got, NULL), 0);
		assert_memory_equal(&got, &cases[i].spec, sizeof(got));
	}
}

static void what_is_no_port_is_refused_by_name(void **state)
{
	static const char *const bad[] = { "",
					   "0",
					   "65536",
					   "-1",
					   "80-",
					   "-80",
					   "90-80",
					   "a",
					   "80/",
					   "80/x",
					   "/tcp",
					   "80/tcp/udp",
					   "80-90-",
					   "8 0",
					   "+80",
					   "0-80",
					   "80 ",
					   "0x50",
					   "111111111111111111111111111" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = { 0 };
		struct port_spec got;

		if (port_spec_parse(bad[i], &got, &err) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_non_null(strstr(err.msg, bad[i]));
	}
}

static void a_port_is_named_as_docker_names_it(void **state)
{
	char key[PORT_TEXT_MAX];

	(void)state;
	port_key(80, PORT_TCP, key);
	assert_string_equal(key, "80/tcp");
	port_key(65535, PORT_SCTP, key);
	assert_string_equal(key, "65535/sctp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_ranges_and_protocols_are_read),
		cmocka_unit_test(what_is_no_port_is_refused_by_name),
		cmocka_unit_test(a_port_is_named_as_docker_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
