/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest/machine/timekeeper.h"

/* Asked at 1000, answered "50000". */
static const struct link_clock answer = { 1000, 50000 };

static void the_first_answer_is_believed_to_be_from_the_question(void **state)
{
	const struct time_reading late = { 1700, 50650 }, at_once = { 1000, 49000 };

	(void)state;
	assert_int_equal(timekeeper_error(&answer, &late, true), 50);
	assert_int_equal(timekeeper_error(&answer, &at_once, true), 1000);
}

static void a_clock_that_may_be_right_is_left_alone_later(void **state)
{
	const struct time_reading earliest = { 1700, 50000 }, latest = { 1700, 50700 };

	(void)state;
	assert_int_equal(timekeeper_error(&answer, &earliest, false), 0);
	assert_int_equal(timekeeper_error(&answer, &latest, false), 0);
}

static void a_clock_that_is_surely_wrong_is_put_right(void **state)
{
	const struct time_reading behind = { 1700, 49900 }, ahead = { 1700, 50900 };

	(void)state;
	assert_int_equal(timekeeper_error(&answer, &behind, false), 800);
	assert_int_equal(timekeeper_error(&answer, &ahead, false), -200);
}

static void an_answer_from_the_future_changes_nothing(void **state)
{
	const struct time_reading before = { 999, 1 };

	(void)state;
	assert_int_equal(timekeeper_error(&answer, &before, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_answer_is_believed_to_be_from_the_question),
		cmocka_unit_test(a_clock_that_may_be_right_is_left_alone_later),
		cmocka_unit_test(a_clock_that_is_surely_wrong_is_put_right),
		cmocka_unit_test(an_answer_from_the_future_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
