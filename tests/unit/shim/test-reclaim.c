/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shim/machine/reclaim.h"

#define LIMIT (60 * USEC_PER_SEC)
#define STEP  (30 * USEC_PER_SEC)

/* A machine that has used so much of a processor, in thousandths, since it was looked at. */
static bool after_step(struct reclaim *r, uint64_t used_permille)
{
	return reclaim_is_due(r, r->looked_usec + STEP, r->cpu_usec + STEP / 1000 * used_permille,
			      LIMIT);
}

static void an_idle_machine_is_told_once(void **state)
{
	struct reclaim r = { 0 };

	(void)state;
	assert_false(reclaim_is_due(&r, STEP, USEC_PER_SEC, LIMIT));
	assert_false(after_step(&r, 19));
	assert_true(after_step(&r, 0));
	for (int i = 0; i < 10; i++)
		assert_false(after_step(&r, 5));
}

static void work_makes_it_begin_anew(void **state)
{
	struct reclaim r = { 0 };

	(void)state;
	assert_false(reclaim_is_due(&r, STEP, 0, LIMIT));
	assert_false(after_step(&r, 0));
	assert_false(after_step(&r, 20));
	assert_false(after_step(&r, 0));
	assert_true(after_step(&r, 0));
	assert_false(after_step(&r, 2000));
	assert_false(after_step(&r, 0));
	assert_true(after_step(&r, 0));
}

static void a_guest_that_asks_all_the_time_changes_nothing(void **state)
{
	struct reclaim r = { 0 };
	uint64_t looked;

	(void)state;
	assert_false(reclaim_is_due(&r, STEP, 0, LIMIT));
	looked = r.looked_usec;
	for (uint64_t i = 0; i < 19; i++)
		assert_false(reclaim_is_due(&r, STEP + i * USEC_PER_SEC, 0, LIMIT));
	assert_int_equal(r.looked_usec, looked);
	assert_int_equal(r.idle_usec, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_idle_machine_is_told_once),
		cmocka_unit_test(work_makes_it_begin_anew),
		cmocka_unit_test(a_guest_that_asks_all_the_time_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
