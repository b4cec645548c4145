/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "net/common/elements.h"
#include "net/inside/rules.h"

static void assert_key(const char *line, const char *key, size_t len)
{
	struct element e;

	assert_int_equal(element_parse(line, &e), 0);
	assert_int_equal(e.key.len, len);
	assert_memory_equal(e.key.bytes, key, len);
}

static void keys_are_as_the_kernel_compares_them(void **state)
{
	(void)state;
	assert_key("add element bridge moat macs { \"t7\" . 02:42:0a:01:00:02 }",
		   "t7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x42\x0a\x01\x00\x02\0\0", 24);
	assert_key("delete element bridge moat own4 { \"t7\" . 02:42:0a:01:00:02 . 10.1.0.2 }",
		   "t7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x42\x0a\x01\x00\x02\0\0\x0a\x01\x00\x02",
		   28);
	assert_key("add element inet moat hosts6 { fd00::1 }",
		   "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	assert_key(
		"add element bridge moat targets { \"t7\" . 0x000102030405060708090a0b0c0d0e0f }",
		"t7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"
		"\x0c\x0d\x0e\x0f",
		32);
}

static void a_line_says_what_is_done_and_where(void **state)
{
	struct element e;

	(void)state;
	assert_int_equal(element_parse("delete element inet moat same { \"b1\" . \"b2\" }", &e), 0);
	assert_int_equal(e.family, NFPROTO_INET);
	assert_string_equal(e.table, "moat");
	assert_string_equal(e.set, "same");
	assert_int_equal(e.verb, ELEMENT_DELETE);
	assert_int_equal(element_parse("add element bridge moat macs { \"t7\" }", &e), 0);
	assert_int_equal(e.family, NFPROTO_BRIDGE);
	assert_int_equal(e.verb, ELEMENT_ADD);
}

static void an_element_of_a_map_has_data_and_may_have_an_end(void **state)
{
	struct element e;

	(void)state;
	assert_int_equal(element_parse("add element inet moat shortcuts { 127.0.0.1 . 8080 timeout "
				       "60s : 10.1.0.2 . 80 }",
				       &e),
			 0);
	assert_int_equal(e.key.len, 8);
	assert_memory_equal(e.key.bytes, "\x7f\0\0\x01\x1f\x90\0\0", 8);
	assert_int_equal(e.data.len, 8);
	assert_memory_equal(e.data.bytes, "\x0a\x01\0\x02\0\x50\0\0", 8);
	assert_int_equal(e.timeout_msec, 60000);
	assert_int_equal(element_parse("add element inet moat resolvers4 { 10.1.0.2 : 5300 }", &e),
			 0);
	assert_int_equal(e.data.len, 2);
	assert_int_equal(e.timeout_msec, 0);
}

static void a_set_is_emptied_as_a_whole(void **state)
{
	struct element e;

	(void)state;
	assert_int_equal(element_parse("flush set inet moat hosts4", &e), 0);
	assert_int_equal(e.verb, ELEMENT_FLUSH);
	assert_string_equal(e.set, "hosts4");
}

static void anything_else_is_left_to_nft(void **state)
{
	static const char *const lines[] = {
		"",
		"add",
		"add chain inet moat n_0123456789ab",
		"flush set inet moat hosts4 more",
		"flush table inet moat",
		"get element inet moat hosts4 { 10.1.0.1 }",
		"add element netdev moat hosts4 { 10.1.0.1 }",
		"add element inet moat hosts4 { 10.1.0.1, 10.1.0.2 }",
		"add element inet moat hosts4 { 10.1.0.1",
		"add element inet moat hosts4 { 10.1.0.1 } more",
		"add element inet moat hosts4 { }",
		"add element inet moat networks { \"b1\" : goto n_0123456789ab }",
		"add element inet moat resolvers4 { 10.1.0.2 : 65536 }",
		"add element inet moat resolvers4 { 10.1.0.2 : }",
		"add element inet moat shortcuts { 10.1.0.2 timeout : 5300 }",
		"add element inet moat shortcuts { 10.1.0.2 timeout 1m : 5300 }",
		"add element inet moat bridges { \"much-too-long-a-name\" }",
		"add element inet moat bridges { \"b1 }",
		"add element inet moat bridges { \"\" }",
		"add element bridge moat targets { \"t7\" . 0x00 }",
		"add element bridge moat targets { \"t7\" . 0xzz0102030405060708090a0b0c0d0e0f }",
		"add element inet moat x { fd00::1 . fd00::2 . fd00::3 . fd00::4 . fd00::5 }",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct element e;

		if (element_parse(lines[i], &e) != -EOPNOTSUPP)
			fail_msg("taken: %s", lines[i]);
	}
}

/* What a start and an end of a container on one network are. */
static void a_port_is_elements_alone(void **state)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct network n = { 0 };
	struct tap tap = { .name = "t7" };
	struct port p = { .tap = &tap, .network = &n, .device = "t7" };
	char *rest, *line;
	unsigned lines = 0;

	(void)state;
	memcpy(p.spec.mac, "\x02\x42\x0a\x01\x00\x02", 6);
	p.spec.n_addresses = 2;
	assert_int_equal(ip_parse("10.1.0.2", &p.spec.addresses[0]), 0);
	assert_int_equal(ip_parse("fd00::2", &p.spec.addresses[1]), 0);
	assert_int_equal(rules_add_port(&text, &p), 0);
	assert_int_equal(rules_remove_port(&text, &p), 0);
	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		struct element e;

		if (*line && element_parse(line, &e) < 0)
			fail_msg("not taken: %s", line);
		lines += *line != '\0';
	}
	assert_int_equal(lines, 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_as_the_kernel_compares_them),
		cmocka_unit_test(a_line_says_what_is_done_and_where),
		cmocka_unit_test(an_element_of_a_map_has_data_and_may_have_an_end),
		cmocka_unit_test(a_set_is_emptied_as_a_whole),
		cmocka_unit_test(anything_else_is_left_to_nft),
		cmocka_unit_test(a_port_is_elements_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
