/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/machine/spare-goal.h"

#define NOW USEC_PER_SEC

static struct spare_goal make(unsigned least, unsigned most)
{
	struct spare_goal g;

	spare_goal_set(&g, (struct spare_bounds){ least, most });
	return g;
}

static void it_begins_with_the_least(void **state)
{
	struct spare_goal g = make(2, 4);

	(void)state;
	assert_int_equal(spare_goal_now(&g, NOW), 2);
	assert_true(spare_goal_next(&g) == UINT64_MAX);
	spare_goal_start(&g, false, NOW);
	assert_int_equal(spare_goal_now(&g, NOW), 2);
}

static void starts_in_a_row_that_find_none_raise_it_to_the_most(void **state)
{
	struct spare_goal g = make(1, 3);
	uint64_t now = NOW;

	(void)state;
	for (int i = 0; i < 10; i++, now += SPARE_ROW_USEC / 2)
		spare_goal_start(&g, false, now);
	assert_int_equal(spare_goal_now(&g, now), 3);
}

static void starts_that_found_one_or_are_apart_do_not(void **state)
{
	struct spare_goal g = make(1, 3);
	uint64_t now = NOW;

	(void)state;
	for (int i = 0; i < 5; i++, now += SPARE_ROW_USEC)
		spare_goal_start(&g, false, now);
	for (int i = 0; i < 5; i++, now += 1)
		spare_goal_start(&g, true, now);
	assert_int_equal(spare_goal_now(&g, now), 1);
}

static void it_falls_by_one_a_minute_unless_starts_go_on_in_rows(void **state)
{
	struct spare_goal g = make(1, 3);
	uint64_t now = NOW;

	(void)state;
	for (int i = 0; i < 3; i++)
		spare_goal_start(&g, false, ++now);
	assert_int_equal(spare_goal_now(&g, now), 3);
	assert_true(spare_goal_next(&g) == now + SPARE_DECAY_USEC);
	spare_goal_start(&g, true, now += SPARE_DECAY_USEC - 2);
	spare_goal_start(&g, true, ++now);
	assert_int_equal(spare_goal_now(&g, now + SPARE_DECAY_USEC - 1), 3);
	assert_int_equal(spare_goal_now(&g, now + SPARE_DECAY_USEC), 2);
	assert_true(spare_goal_next(&g) == now + 2 * SPARE_DECAY_USEC);
	assert_int_equal(spare_goal_now(&g, now + 10 * SPARE_DECAY_USEC), 1);
	assert_true(spare_goal_next(&g) == UINT64_MAX);
}

static void none_at_all_stays_none(void **state)
{
	struct spare_goal g = make(0, 0);

	(void)state;
	for (uint64_t now = NOW; now < NOW + 5; now++)
		spare_goal_start(&g, false, now);
	assert_int_equal(spare_goal_now(&g, NOW + 5), 0);
}

static void bounds_are_one_number_or_two(void **state)
{
	static const char *const bad[] = { "",	  "-",	  "x",	"1-",	"-1",
					   "4-1", "1-4-", "65", "1-65", "99999999999999999999" };
	struct spare_bounds b = { 9, 9 };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(spare_bounds_parse(bad[i], "--spares", &b, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "--spares"));
	assert_int_equal(b.least, 9);
	assert_int_equal(spare_bounds_parse("2", "--spares", &b, &err), 0);
	assert_int_equal(b.least, 2);
	assert_int_equal(b.most, 2);
	assert_int_equal(spare_bounds_parse("0-64", "--spares", &b, &err), 0);
	assert_int_equal(b.least, 0);
	assert_int_equal(b.most, 64);
}

static void the_default_is_one_and_more_with_more_memory(void **state)
{
	struct spare_bounds b = spare_bounds_default();

	(void)state;
	assert_int_equal(b.least, 1);
	assert_in_range(b.most, 1, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_with_the_least),
		cmocka_unit_test(starts_in_a_row_that_find_none_raise_it_to_the_most),
		cmocka_unit_test(starts_that_found_one_or_are_apart_do_not),
		cmocka_unit_test(it_falls_by_one_a_minute_unless_starts_go_on_in_rows),
		cmocka_unit_test(none_at_all_stays_none),
		cmocka_unit_test(bounds_are_one_number_or_two),
		cmocka_unit_test(the_default_is_one_and_more_with_more_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
