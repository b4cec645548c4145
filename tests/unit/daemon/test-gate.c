/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macro.h"
#include "daemon/machine/gate.h"

#define COMERS 8

struct comer {
	struct gate *gate;
	unsigned *inside, *most; /* guarded by the gate's neighbour, lock */
	pthread_mutex_t *lock;
};

static void *pass_through(void *arg)
{
	struct comer *c = arg;
	uint64_t number = gate_enter(c->gate);

	pthread_mutex_lock(c->lock);
	if (++*c->inside > *c->most)
		*c->most = *c->inside;
	pthread_mutex_unlock(c->lock);
	usleep(5000);
	pthread_mutex_lock(c->lock);
	--*c->inside;
	pthread_mutex_unlock(c->lock);
	gate_leave(c->gate, number);
	return NULL;
}

static void no_more_pass_than_there_are_places(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_t threads[COMERS];
	unsigned inside = 0, most = 0;
	struct gate g;
	struct comer c = { &g, &inside, &most, &lock };

	(void)state;
	gate_init(&g, 2, 60 * USEC_PER_SEC);
	for (int i = 0; i < COMERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, pass_through, &c), 0);
	for (int i = 0; i < COMERS; i++)
		pthread_join(threads[i], NULL);
	assert_in_range(most, 1, 2);
	assert_int_equal(inside, 0);
	gate_destroy(&g);
}

static void who_takes_too_long_counts_no_more(void **state)
{
	uint64_t first, second;
	struct gate g;

	(void)state;
	gate_init(&g, 1, 1000);
	first = gate_enter(&g);
	second = gate_enter(&g); /* would never return if the first kept its place */
	assert_int_not_equal(first, second);
	gate_destroy(&g);
}

static void a_place_that_is_somebody_elses_by_now_stays_taken(void **state)
{
	uint64_t first, second;
	struct gate g;

	(void)state;
	gate_init(&g, 1, 1000);
	first = gate_enter(&g);
	second = gate_enter(&g);
	gate_leave(&g, first);
	assert_int_equal(g.places[0].number, second);
	gate_leave(&g, second);
	assert_int_equal(g.places[0].number, 0);
	gate_leave(&g, 0);
	gate_destroy(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_pass_than_there_are_places),
		cmocka_unit_test(who_takes_too_long_counts_no_more),
		cmocka_unit_test(a_place_that_is_somebody_elses_by_now_stays_taken),
	};

	return cmocka_run_group_tests_name("daemon: gate", tests, NULL, NULL);
}
