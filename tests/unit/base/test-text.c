/* SPDX-License-Identifier: Apache-2.0 */
/* buf, err, hex and clock: what makes and reads text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hex.h"

static void buffer_is_a_string_behind_its_bytes(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_free char *taken = NULL;

	(void)state;
	assert_int_equal(buf_addf(&b, "%s-%d", "a", 12345), 0);
	assert_int_equal(buf_add(&b, "x\0y", 3), 0);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "a-12345x\0y", 11);
	buf_consume(&b, 2);
	assert_string_equal(b.data, "12345x");
	buf_consume(&b, 100);
	assert_int_equal(b.len, 0);
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	assert_null(b.data);
}

static void buffer_refuses_sizes_that_overflow(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(buf_adds(&b, "keep"), 0);
	assert_int_equal(buf_reserve(&b, SIZE_MAX), -ENOMEM);
	assert_int_equal(buf_reserve(&b, SIZE_MAX - 4), -ENOMEM);
	assert_string_equal(b.data, "keep");
}

static void error_gets_context_before_its_message(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_errno(&err, -ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(err.msg, "open x: No such file or directory");
	assert_int_equal(err_wrap(&err, "pull %s", "y"), -ENOENT);
	assert_string_equal(err.msg, "pull y: open x: No such file or directory");
	assert_int_equal(err_set(NULL, -EIO, "nobody reads this"), -EIO);
}

static void error_that_is_too_long_is_cut(void **state)
{
	char text[2 * ERR_MSG_MAX];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
}

static void time_is_written_as_docker_does(void **state)
{
	char text[CLOCK_TEXT_MAX];

	(void)state;
	clock_format(1767323045000000006, text);
	assert_string_equal(text, "2026-01-02T03:04:05.000000006Z");
	clock_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
}

static void time_is_read_in_all_its_notations(void **state)
{
	int64_t nsec = 0;

	(void)state;
	assert_int_equal(clock_parse("2026-01-02T03:04:05.000000006Z", &nsec), 0);
	assert_true(nsec == 1767323045000000006);
	assert_int_equal(clock_parse("2026-01-02T05:04:05+02:00", &nsec), 0);
	assert_true(nsec == 1767323045000000000);
	assert_int_equal(clock_parse("1767323045.5", &nsec), 0);
	assert_true(nsec == 1767323045500000000);
	assert_int_equal(clock_parse("yesterday", &nsec), -EINVAL);
	assert_int_equal(clock_parse("2026-01-02T03:04:05", &nsec), -EINVAL);
	assert_int_equal(clock_parse("", &nsec), -EINVAL);
}

static void hex_is_lower_case(void **state)
{
	char text[9];

	(void)state;
	hex_encode((const unsigned char *)"\x00\x1f\xa0\xff", 4, text);
	assert_string_equal(text, "001fa0ff");
	assert_true(hex_is_lower(text, 8));
	assert_false(hex_is_lower("001FA0FF", 8));
	assert_false(hex_is_lower("00g", 3));
}

static void base64_there_and_back(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },	   { "f", "Zg==" },	   { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "\xfb\xff\xfe", "+//+" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf text = BUF_INIT, bytes = BUF_INIT;

		assert_int_equal(base64_encode(&text, cases[i][0], strlen(cases[i][0])), 0);
		assert_string_equal(text.data, cases[i][1]);
		assert_int_equal(base64_decode(&bytes, text.data), 0);
		assert_int_equal(bytes.len, strlen(cases[i][0]));
		assert_memory_equal(bytes.data ? bytes.data : "", cases[i][0], bytes.len);
		buf_reset(&text);
		buf_reset(&bytes);
	}
}

static void base64_of_both_alphabets_is_read(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(base64_decode(&b, "-__-\n"), 0);
	assert_memory_equal(b.data, "\xfb\xff\xfe", 3);
	assert_int_equal(base64_decode(&b, "Zg"), 0);
	assert_int_equal(base64_decode(&b, "Z!"), -EINVAL);
	assert_int_equal(base64_decode(&b, "Zg=x"), -EINVAL);
	buf_reset(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_is_a_string_behind_its_bytes),
		cmocka_unit_test(buffer_refuses_sizes_that_overflow),
		cmocka_unit_test(error_gets_context_before_its_message),
		cmocka_unit_test(error_that_is_too_long_is_cut),
		cmocka_unit_test(time_is_written_as_docker_does),
		cmocka_unit_test(time_is_read_in_all_its_notations),
		cmocka_unit_test(hex_is_lower_case),
		cmocka_unit_test(base64_there_and_back),
		cmocka_unit_test(base64_of_both_alphabets_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
