/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper of spares does next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/machine/spares-inner.h"

#define NOW	 (1000 * USEC_PER_SEC)
#define IDLE	 (600 * USEC_PER_SEC)
#define MANY	 10
#define HOURS(n) ((uint64_t)(n)*3600 * USEC_PER_SEC)

static const struct engine forking = { .features = ENGINE_FORK }, plain = { 0 };

/* Wants one spare, and has none. */
static struct spares make(void)
{
	struct spares s = { .key = "k", .used_usec = NOW, .plan = { .engine = &forking } };

	spare_goal_set(&s.goal, (struct spare_bounds){ 1, 4 });
	return s;
}

/* So many starts that follow each other, the last one now, and find nothing. */
static void begin_row(struct spares *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		spare_goal_start(&s->goal, i == 0, NOW);
}

static enum spares_task decide(struct spares *s, uint64_t now)
{
	uint64_t when;
	enum spares_task task = spares_decide(s, now, &when);

	return task == SPARES_NOTHING || when <= now ? task : SPARES_NOTHING;
}

static void the_least_are_restored_when_nobody_starts_anything(void **state)
{
	struct spares s = make();
	uint64_t when;

	(void)state;
	s.quiet_usec = NOW + 5;
	assert_int_equal(spares_decide(&s, NOW, &when), SPARES_RESTORE);
	assert_true(when == NOW + 5);
	assert_true(spares_next(&s, NOW) == NOW + 5);
	assert_int_equal(decide(&s, NOW + 5), SPARES_RESTORE);
	s.retry_usec = NOW + 7;
	assert_int_equal(decide(&s, NOW + 6), SPARES_NOTHING);
	assert_true(spares_next(&s, NOW) == NOW + 7);
	s.starting = 1;
	assert_int_equal(decide(&s, NOW + 8), SPARES_NOTHING);
	assert_true(spares_next(&s, NOW) == UINT64_MAX);
}

static void a_start_alone_is_not_disturbed_and_has_no_zygote_made(void **state)
{
	struct spares s = make();
	struct spare own = { .rehearsed = true };

	(void)state;
	begin_row(&s, 1);
	s.starting = 1;
	assert_int_equal(decide(&s, NOW), SPARES_NOTHING);
	s.starting = 0;
	spares_add_ready(&s, &own);
	assert_int_equal(decide(&s, NOW), SPARES_NOTHING);
	assert_false(spares_want_zygote(&s, NOW));
}

static void a_row_gets_a_zygote_and_forks_beside_its_starts(void **state)
{
	struct spare zygote = { 0 }, a = { .forked = true }, b = { .forked = true }, own = { 0 };
	struct spares s = make();

	(void)state;
	begin_row(&s, 2);
	s.starting = 2;
	s.quiet_usec = NOW + 5;
	assert_int_equal(decide(&s, NOW), SPARES_NOTHING);
	begin_row(&s, 3);
	assert_int_equal(decide(&s, NOW), SPARES_MAKE_ZYGOTE);
	s.zygote = &zygote;
	spare_goal_set(&s.goal, (struct spare_bounds){ 1, 3 });
	begin_row(&s, 3);
	assert_int_equal(decide(&s, NOW), SPARES_FORK);
	spares_add_ready(&s, &a);
	assert_int_equal(decide(&s, NOW), SPARES_FORK);
	spares_add_ready(&s, &b);
	assert_int_equal(decide(&s, NOW), SPARES_NOTHING);
	s.starting = 0;
	assert_int_equal(decide(&s, NOW + 5), SPARES_RESTORE);
	own.rehearsed = true;
	spares_add_ready(&s, &own);
	assert_int_equal(decide(&s, NOW + 5), SPARES_REHEARSE);
	a.rehearsed = b.rehearsed = true;
	assert_int_equal(decide(&s, NOW + 5), SPARES_NOTHING);
	assert_true(spares_next(&s, NOW + 5) < UINT64_MAX);
}

static void a_zygote_goes_when_no_starts_come_in_rows(void **state)
{
	struct spares s = make();
	struct spare zygote = { 0 };

	(void)state;
	begin_row(&s, 3);
	s.zygote = &zygote;
	assert_true(spares_want_zygote(&s, NOW));
	assert_false(spares_want_zygote(&s, NOW + 3 * SPARE_DECAY_USEC));
}

static void what_cannot_be_forked_is_restored(void **state)
{
	struct spare own = { .rehearsed = true };
	struct spares s = make();

	(void)state;
	s.plan.engine = &plain;
	begin_row(&s, 3);
	spares_add_ready(&s, &own);
	assert_int_equal(decide(&s, NOW), SPARES_RESTORE);
	assert_false(spares_want_zygote(&s, NOW));
	s.starting = 1;
	assert_int_equal(decide(&s, NOW), SPARES_NOTHING);
}

static void nothing_is_made_without_a_kind_or_a_start_for_long(void **state)
{
	struct spares s = make();

	(void)state;
	assert_false(spares_are_idle(&s, NOW + IDLE - 1));
	assert_true(spares_are_idle(&s, NOW + IDLE));
	assert_int_equal(decide(&s, NOW + IDLE), SPARES_NOTHING);
	s.key[0] = '\0';
	assert_int_equal(decide(&s, NOW), SPARES_NOTHING);
}

static void a_kernel_that_somebody_brought_runs_in_no_zygote(void **state)
{
	struct spares s = make();

	(void)state;
	begin_row(&s, 3);
	s.plan.own_kernel = true;
	assert_false(spares_want_zygote(&s, NOW));
	assert_int_equal(decide(&s, NOW), SPARES_RESTORE);
}

/* By starts in a row, which go on. */
static bool is_wanted(struct spares *s, uint64_t now)
{
	s->goal.extra = 1;
	s->goal.row_usec = now;
	return spares_want_zygote(s, now);
}

static void what_never_works_is_said_once_and_tried_ever_more_seldom(void **state)
{
	struct spares s = make();
	struct spare zygote = { 0 };
	uint64_t now = NOW, last = 0;

	(void)state;
	s.zygote = &zygote;
	assert_true(spares_give_up_forking(&s, now));
	assert_null(s.zygote);
	assert_ptr_equal(s.waste, &zygote);
	for (int i = 0; i < MANY; i++) {
		assert_false(is_wanted(&s, now));
		assert_true(s.forkable_usec - now >= last);
		last = s.forkable_usec - now;
		now = s.forkable_usec;
		assert_true(is_wanted(&s, now));
		assert_false(spares_give_up_forking(&s, now));
	}
	assert_true(last >= HOURS(1) && last <= HOURS(2));
	spares_forks_work(&s);
	assert_true(s.proven);
	assert_true(spares_give_up_forking(&s, now));
	assert_true(s.forkable_usec == now + SPARES_RETRY_USEC);
	s = make();
	s.zygote = &zygote;
	spares_forks_work(&s);
	assert_true(spares_give_up_forking(&s, NOW));
	assert_true(is_wanted(&s, NOW));
}

static void those_with_memory_of_their_own_are_taken_first_and_kept_longest(void **state)
{
	struct spare raw = { .forked = true }, forked = { .forked = true, .rehearsed = true };
	struct spare own = { .rehearsed = true }, more = { .rehearsed = true };
	struct spares s = make();

	(void)state;
	assert_null(spares_find_surplus(&s, NOW));
	spares_add_ready(&s, &forked);
	assert_null(spares_find_surplus(&s, NOW));
	spares_add_ready(&s, &own);
	spares_add_ready(&s, &raw);
	spares_add_ready(&s, &more);
	assert_int_equal(s.n_ready, 4);
	assert_ptr_equal(s.ready, &more);
	assert_ptr_equal(more.next, &own);
	assert_ptr_equal(own.next, &forked);
	assert_ptr_equal(*spares_find_unrehearsed(&s), &raw);
	assert_ptr_equal(*spares_find_surplus(&s, NOW), &raw);
	raw.rehearsed = true;
	assert_null(spares_find_unrehearsed(&s));
}

static void at_rest_it_sleeps_until_all_are_idle(void **state)
{
	struct spare own = { .rehearsed = true };
	struct spares s = make();

	(void)state;
	spares_add_ready(&s, &own);
	assert_true(spares_next(&s, NOW) == NOW + IDLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_are_restored_when_nobody_starts_anything),
		cmocka_unit_test(a_start_alone_is_not_disturbed_and_has_no_zygote_made),
		cmocka_unit_test(a_row_gets_a_zygote_and_forks_beside_its_starts),
		cmocka_unit_test(a_zygote_goes_when_no_starts_come_in_rows),
		cmocka_unit_test(what_cannot_be_forked_is_restored),
		cmocka_unit_test(nothing_is_made_without_a_kind_or_a_start_for_long),
		cmocka_unit_test(a_kernel_that_somebody_brought_runs_in_no_zygote),
		cmocka_unit_test(what_never_works_is_said_once_and_tried_ever_more_seldom),
		cmocka_unit_test(those_with_memory_of_their_own_are_taken_first_and_kept_longest),
		cmocka_unit_test(at_rest_it_sleeps_until_all_are_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
