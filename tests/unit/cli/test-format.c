/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macro.h"
#include "cli/format/format.h"

static void durations_are_dockers(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ -5, "Less than a second" },
		{ 0, "Less than a second" },
		{ 1, "1 second" },
		{ 2, "2 seconds" },
		{ 59, "59 seconds" },
		{ 60, "About a minute" },
		{ 119, "About a minute" },
		{ 120, "2 minutes" },
		{ 46 * 60, "46 minutes" },
		{ 59 * 60 + 59, "59 minutes" },
		{ 60 * 60, "About an hour" },
		{ 90 * 60, "2 hours" },
		{ 47 * 3600, "47 hours" },
		{ 48 * 3600, "2 days" },
		{ 13 * 86400, "13 days" },
		{ 14 * 86400, "2 weeks" },
		{ 59 * 86400, "8 weeks" },
		{ 60 * 86400, "2 months" },
		{ 729 * 86400, "24 months" },
		{ 730 * 86400, "2 years" },
	};
	char text[FORMAT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		format_duration(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
	}
	format_ago(0, 180 * (int64_t)NSEC_PER_SEC, text);
	assert_string_equal(text, "3 minutes ago");
}

static void sizes_have_three_digits_and_decimal_units(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0B" },	    { 999, "999B" },	     { 1000, "1kB" },
		{ 1234, "1.23kB" }, { 77800000, "77.8MB" },  { 999600, "1MB" },
		{ 1000000, "1MB" }, { 1500000000, "1.5GB" }, { UINT64_MAX, "18.4EB" },
	};
	char text[FORMAT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		format_size(cases[i].bytes, text);
		assert_string_equal(text, cases[i].text);
	}
	format_binary_size(256ULL << 20, text);
	assert_string_equal(text, "256MiB");
	format_binary_size(25182343168, text);
	assert_string_equal(text, "23.45GiB");
}

static void long_text_is_cut_between_characters(void **state)
{
	static const struct {
		const char *text;
		unsigned width;
		const char *cut;
	} cases[] = {
		{ "", 5, "" },		 { "abcde", 5, "abcde" },  { "abcdef", 5, "abcd…" },
		{ "äöüäö", 5, "äöüäö" }, { "äöüäöü", 5, "äöüä…" }, { "a\xc3", 5, "a\xc3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *s = format_ellipsis(cases[i].text, cases[i].width);

		assert_string_equal(s, cases[i].cut);
		free(s);
	}
}

static void short_ids_have_twelve_digits(void **state)
{
	char text[FORMAT_MAX];

	(void)state;
	format_short_id("sha256:0123456789abcdef0123", text);
	assert_string_equal(text, "0123456789ab");
	format_short_id("0123456789abcdef", text);
	assert_string_equal(text, "0123456789ab");
	format_short_id("", text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_dockers),
		cmocka_unit_test(sizes_have_three_digits_and_decimal_units),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(short_ids_have_twelve_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
