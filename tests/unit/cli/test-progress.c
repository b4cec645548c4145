/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/format/bar.h"

#define SEC 1000000ull

static void test_a_rate_is_that_of_the_last_seconds(void **state)
{
	struct rate r = { 0 };

	(void)state;
	assert_true(rate_per_sec(&r) == RATE_UNKNOWN);
	rate_add(&r, 100 * SEC, 0);
	assert_true(rate_per_sec(&r) == RATE_UNKNOWN);
	for (uint64_t t = 1; t <= 20; t++)
		rate_add(&r, 100 * SEC + t * SEC, t * 1000);
	assert_int_equal(rate_per_sec(&r), 1000);
	assert_int_equal(rate_left_sec(&r, 25000), 5);
	assert_int_equal(rate_left_sec(&r, 20000), 0);
	for (uint64_t t = 21; t <= 40; t++)
		rate_add(&r, 100 * SEC + t * SEC, 20000 + (t - 20) * 5000);
	assert_int_equal(rate_per_sec(&r), 5000);
}

static void test_what_was_there_before_is_no_speed(void **state)
{
	struct rate r = { 0 };

	(void)state;
	rate_add(&r, SEC, 1000000);
	rate_add(&r, 2 * SEC, 1000100);
	assert_int_equal(rate_per_sec(&r), 100);
	rate_add(&r, 3 * SEC, 10);
	assert_true(rate_per_sec(&r) == RATE_UNKNOWN);
	rate_add(&r, 4 * SEC, 60);
	assert_int_equal(rate_per_sec(&r), 50);
}

static void test_what_stands_still_takes_for_ever(void **state)
{
	struct rate r = { 0 };

	(void)state;
	for (uint64_t t = 0; t < 20; t++)
		rate_add(&r, t * SEC, 500);
	assert_int_equal(rate_per_sec(&r), 0);
	assert_true(rate_left_sec(&r, 1000) == RATE_UNKNOWN);
}

static void test_many_samples_at_once_are_one(void **state)
{
	struct rate r = { 0 };

	(void)state;
	for (uint64_t i = 0; i <= 1000; i++)
		rate_add(&r, i * 1000, i);
	assert_int_equal(rate_per_sec(&r), 1000);
}

static const char *text_of(struct bar b, unsigned width)
{
	static char text[BAR_MAX];

	bar_text(&b, width, text);
	assert_true(strlen(text) <= width);
	return text;
}

static void test_a_bar_has_speed_and_time(void **state)
{
	(void)state;
	assert_string_equal(text_of((struct bar){ 12300000, 24600000, 3200000, 4 }, 80),
			    "[===============>              ] 12.3MB/24.6MB 3.2MB/s 4s");
	assert_string_equal(text_of((struct bar){ 10, 10, RATE_UNKNOWN, RATE_UNKNOWN }, 80),
			    "[==============================] 10B/10B");
	assert_string_equal(text_of((struct bar){ 20, 10, RATE_UNKNOWN, RATE_UNKNOWN }, 80),
			    "[==============================] 20B/10B");
	assert_string_equal(text_of((struct bar){ 10, 0, 1, RATE_UNKNOWN }, 80), "10B 1B/s");
}

static void test_a_narrow_terminal_gets_less(void **state)
{
	const struct bar b = { 12300000, 24600000, 3200000, 125 };

	(void)state;
	assert_string_equal(text_of(b, 43), "[======>      ] 12.3MB/24.6MB 3.2MB/s 2m05s");
	assert_string_equal(text_of(b, 30), "12.3MB/24.6MB 3.2MB/s 2m05s");
	assert_string_equal(text_of(b, 22), "12.3MB/24.6MB 3.2MB/s");
	assert_string_equal(text_of(b, 14), "12.3MB/24.6MB");
	assert_string_equal(text_of(b, 5), "");
	for (unsigned width = 0; width < 200; width++)
		text_of((struct bar){ UINT64_MAX, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 1 },
			width);
}

static void test_times_as_people_read_them(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = { { 0, "0s" },	 { 59, "59s" },
		      { 60, "1m00s" },	 { 3599, "59m59s" },
		      { 3600, "1h00m" }, { 359999, "99h59m" },
		      { 360000, "4d" },	 { UINT64_MAX - 1, "9999d" } };
	char text[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bar_time(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rate_is_that_of_the_last_seconds),
		cmocka_unit_test(test_what_was_there_before_is_no_speed),
		cmocka_unit_test(test_what_stands_still_takes_for_ever),
		cmocka_unit_test(test_many_samples_at_once_are_one),
		cmocka_unit_test(test_a_bar_has_speed_and_time),
		cmocka_unit_test(test_a_narrow_terminal_gets_less),
		cmocka_unit_test(test_times_as_people_read_them),
	};

	return cmocka_run_group_tests_name("cli: progress", tests, NULL, NULL);
}
