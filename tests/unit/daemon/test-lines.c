/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "daemon/http/lines.h"

#define NOW	USEC_PER_SEC
#define MSEC(n) (NOW + (n)*USEC_PER_MSEC)
#define TOTAL	1000

static bool report(struct lines *all, const char *id, uint64_t bytes, uint64_t now)
{
	const struct report r = { id, "Downloading", bytes, TOTAL };

	return lines_report(all, &r, now);
}

static void the_first_is_said_at_once_and_then_one_each_100_ms(void **state)
{
	cleanup(lines_reset) struct lines all = { 0 };
	unsigned said = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		said += report(&all, "one", i, MSEC(i));
	assert_int_equal(said, 10);
}

static void what_stays_is_said_when_its_time_has_come(void **state)
{
	cleanup(lines_reset) struct lines all = { 0 };
	struct report r;

	(void)state;
	assert_true(report(&all, "one", 1, NOW));
	assert_true(lines_next(&all) == LINES_NEVER);
	assert_false(report(&all, "one", 2, MSEC(10)));
	assert_false(report(&all, "one", 3, MSEC(20)));
	assert_true(lines_next(&all) == MSEC(100));
	assert_false(lines_take(&all, MSEC(99), &r));
	assert_true(lines_take(&all, MSEC(100), &r));
	assert_string_equal(r.id, "one");
	assert_string_equal(r.status, "Downloading");
	assert_int_equal(r.current_bytes, 3);
	assert_int_equal(r.total_bytes, TOTAL);
	assert_false(lines_take(&all, MSEC(500), &r));
	assert_true(lines_next(&all) == LINES_NEVER);
	/* The next 100 ms count from when it was said. */
	assert_false(report(&all, "one", 4, MSEC(150)));
	assert_true(report(&all, "one", 5, MSEC(200)));
	assert_false(lines_take(&all, MSEC(500), &r));
}

static void the_end_and_another_status_are_said_at_once(void **state)
{
	static const struct report verifying = { "one", "Verifying Checksum", 0, 0 };
	cleanup(lines_reset) struct lines all = { 0 };
	struct report r;

	(void)state;
	assert_true(report(&all, "one", 1, NOW));
	assert_false(report(&all, "one", 2, NOW));
	assert_true(report(&all, "one", TOTAL, NOW));
	assert_false(report(&all, "one", 3, NOW));
	assert_true(lines_report(&all, &verifying, NOW));
	/* What had waited is not so any more. */
	assert_false(lines_take(&all, MSEC(500), &r));
	assert_false(lines_report(&all, &verifying, NOW));
}

static void parts_do_not_count_for_each_other(void **state)
{
	cleanup(lines_reset) struct lines all = { 0 };
	unsigned said = 0;
	struct report r;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		said += report(&all, "one", i, MSEC(i));
		said += report(&all, "two", i, MSEC(i));
	}
	assert_int_equal(said, 2);
	assert_true(lines_take(&all, MSEC(100), &r));
	assert_string_equal(r.id, "one");
	assert_true(lines_take(&all, MSEC(100), &r));
	assert_string_equal(r.id, "two");
	assert_int_equal(r.current_bytes, 99);
	assert_false(lines_take(&all, MSEC(500), &r));
}

static void what_is_of_no_part_is_said_always(void **state)
{
	cleanup(lines_reset) struct lines all = { 0 };

	(void)state;
	assert_true(report(&all, NULL, 1, NOW));
	assert_true(report(&all, NULL, 2, NOW));
	assert_true(lines_next(&all) == LINES_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_said_at_once_and_then_one_each_100_ms),
		cmocka_unit_test(what_stays_is_said_when_its_time_has_come),
		cmocka_unit_test(the_end_and_another_status_are_said_at_once),
		cmocka_unit_test(parts_do_not_count_for_each_other),
		cmocka_unit_test(what_is_of_no_part_is_said_always),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
