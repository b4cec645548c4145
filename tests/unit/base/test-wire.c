/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/wire.h"

static struct wire_view view(const struct buf *b)
{
	return (struct wire_view){ .data = (const unsigned char *)b->data, .len = b->len };
}

static void integers_are_little_endian(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	static const unsigned char want[] = { 1, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8 };

	(void)state;
	wire_put_u8(&b, 1);
	wire_put_u16(&b, 0x0203);
	wire_put_u32(&b, 0x04050607);
	wire_put_u64(&b, 0x08090a0b0c0d0e0f);
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.data, want, sizeof(want));
}

static void fields_come_back_as_they_went(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_strv char **v = NULL;
	cleanup_free char *s = NULL;
	char one[] = "one", empty[] = "";
	char *strings[] = { one, empty, NULL };
	struct wire_view in;
	uint64_t u64;
	uint16_t u16;
	bool flag;

	(void)state;
	wire_put_u64(&b, UINT64_MAX);
	wire_put_u16(&b, 513);
	wire_put_u8(&b, 1);
	wire_put_str(&b, NULL);
	wire_put_strv(&b, strings);
	in = view(&b);
	assert_int_equal(wire_get_u64(&in, &u64), 0);
	assert_int_equal(wire_get_u16(&in, &u16), 0);
	assert_int_equal(wire_get_bool(&in, &flag), 0);
	assert_int_equal(wire_get_str(&in, &s), 0);
	assert_int_equal(wire_get_strv(&in, &v), 0);
	assert_int_equal(in.len, 0);
	assert_true(u64 == UINT64_MAX);
	assert_int_equal(u16, 513);
	assert_true(flag);
	assert_string_equal(s, "");
	assert_int_equal(strv_len(v), 2);
	assert_string_equal(v[0], "one");
	assert_string_equal(v[1], "");
}

static void nothing_is_read_past_the_end(void **state)
{
	static const unsigned char bytes[] = { 4, 0, 0, 0, 'a', 'b', 'c' };
	struct wire_view in = { .data = bytes, .len = sizeof(bytes) }, got;
	uint64_t u64 = 5;
	char *s = NULL;

	(void)state;
	assert_int_equal(wire_get_u64(&in, &u64), -EBADMSG);
	assert_int_equal(u64, 5);
	assert_int_equal(wire_get_bytes(&in, &got), -EBADMSG);
	in = (struct wire_view){ .data = bytes, .len = sizeof(bytes) };
	assert_int_equal(wire_get_str(&in, &s), -EBADMSG);
	assert_null(s);
}

static void nothing_is_read_after_a_field_that_could_not_be(void **state)
{
	static const unsigned char bytes[] = { 2, 7 };
	struct wire_view in = { .data = bytes, .len = sizeof(bytes) };
	uint8_t u8 = 5;
	bool flag;

	(void)state;
	assert_int_equal(wire_end(&in), -EBADMSG);
	assert_int_equal(wire_get_bool(&in, &flag), -EBADMSG);
	assert_int_equal(wire_get_u8(&in, &u8), -EBADMSG);
	assert_int_equal(u8, 5);
	in = (struct wire_view){ .data = bytes, .len = sizeof(bytes) };
	assert_int_equal(wire_get_u8(&in, &u8), 0);
	assert_int_equal(wire_get_u8(&in, &u8), 0);
	assert_int_equal(wire_end(&in), 0);
	assert_int_equal(wire_get_u8(&in, &u8), -EBADMSG);
	assert_int_equal(wire_end(&in), -EBADMSG);
}

static void string_with_a_nul_is_refused(void **state)
{
	static const unsigned char bytes[] = { 3, 0, 0, 0, 'a', 0, 'c' };
	struct wire_view in = { .data = bytes, .len = sizeof(bytes) };
	char *s = NULL;

	(void)state;
	assert_int_equal(wire_get_str(&in, &s), -EBADMSG);
}

static void flag_other_than_0_and_1_is_refused(void **state)
{
	static const unsigned char bytes[] = { 2 };
	struct wire_view in = { .data = bytes, .len = sizeof(bytes) };
	bool flag;

	(void)state;
	assert_int_equal(wire_get_bool(&in, &flag), -EBADMSG);
}

static void count_that_cannot_be_is_refused_before_memory_is_taken(void **state)
{
	static const unsigned char bytes[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 };
	struct wire_view in = { .data = bytes, .len = sizeof(bytes) };
	char **v = NULL;

	(void)state;
	assert_int_equal(wire_get_strv(&in, &v), -EBADMSG);
	assert_null(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_little_endian),
		cmocka_unit_test(fields_come_back_as_they_went),
		cmocka_unit_test(nothing_is_read_past_the_end),
		cmocka_unit_test(nothing_is_read_after_a_field_that_could_not_be),
		cmocka_unit_test(string_with_a_nul_is_refused),
		cmocka_unit_test(flag_other_than_0_and_1_is_refused),
		cmocka_unit_test(count_that_cannot_be_is_refused_before_memory_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
