/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/moment.h"

#define NOW (1700000000 * (int64_t)NSEC_PER_SEC + 500000000)

static void check(const char *text, const char *want)
{
	char *got = NULL;

	assert_int_equal(moment_parse(text, NOW, &got, NULL), 0);
	assert_string_equal(got, want);
	free(got);
}

static void a_duration_is_so_long_ago(void **state)
{
	(void)state;
	check("10s", "1699999990.500000000");
	check("1h30m", "1699994600.500000000");
	check("1.5s", "1699999999.000000000");
	check("250ms", "1700000000.250000000");
}

static void anything_else_is_left_as_it_is(void **state)
{
	static const char *const others[] = { "2026-01-02T03:04:05Z",
					      "2026-01-02T03:04:05.5+01:00",
					      "2026-01-02T03:04:05x",
					      "2026-01-02x",
					      "1700000000",
					      "1700000000.5",
					      "",
					      "s",
					      "10",
					      "10x",
					      "10.s",
					      "10s5",
					      "-5m" };
	char *none = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		check(others[i], others[i]);
	assert_int_equal(moment_parse(NULL, NOW, &none, NULL), 0);
	assert_null(none);
}

static void a_time_without_a_zone_is_of_this_host(void **state)
{
	(void)state;
	setenv("TZ", "XYZ-2", 1);
	check("2020-05-27T20:24:00", "1590603840.0");
	check("2020-05-27T20:24:00.25", "1590603840.25");
	check("2020-05-27T20:24", "1590603840.0");
	check("2020-05-27T20", "1590602400.0");
	check("2020-05-27", "1590530400.0");
	unsetenv("TZ");
}

static void a_short_time_with_a_zone_is_completed(void **state)
{
	(void)state;
	check("2020-05-27T20:24Z", "2020-05-27T20:24:00Z");
	check("2020-05-27T20+02:00", "2020-05-27T20:00:00+02:00");
	check("2020-05-27-01:00", "2020-05-27T00:00:00-01:00");
}

static void a_duration_beyond_1970_ends_there(void **state)
{
	(void)state;
	check("876000h", "0.000000000");
}

static void durations_are_gos(void **state)
{
	static const char *const bad[] = { "", "5", "5x", "99999999999999999999s",
					   "9223372036s9223372036s" };
	int64_t nsec;

	(void)state;
	assert_int_equal(moment_duration("1h2m3s4ms5us6ns", &nsec, NULL), 0);
	assert_int_equal(nsec, 3723004005006);
	assert_int_equal(moment_duration("1.5s", &nsec, NULL), 0);
	assert_int_equal(nsec, 1500000000);
	assert_int_equal(moment_duration("0", &nsec, NULL), 0);
	assert_int_equal(nsec, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(moment_duration(bad[i], &nsec, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duration_is_so_long_ago),
		cmocka_unit_test(anything_else_is_left_as_it_is),
		cmocka_unit_test(a_time_without_a_zone_is_of_this_host),
		cmocka_unit_test(a_short_time_with_a_zone_is_completed),
		cmocka_unit_test(a_duration_beyond_1970_ends_there),
		cmocka_unit_test(durations_are_gos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
