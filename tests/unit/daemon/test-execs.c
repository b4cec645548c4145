/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/container/exec.h"

static struct exec *add(struct container *c, unsigned number)
{
	struct exec *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	snprintf(e->id, sizeof(e->id), "%u", number);
	container_add_exec(c, e);
	return e;
}

static bool is_known(const struct container *c, unsigned number)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", number);
	return container_exec(c, id);
}

static void free_all(struct container *c)
{
	while (c->execs) {
		struct exec *e = c->execs;

		c->execs = e->next;
		exec_free(e);
	}
}

static void those_never_started_are_forgotten(void **state)
{
	struct container c = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3000; i++)
		add(&c, i);
	assert_false(is_known(&c, 2999 - EXECS_MAX));
	assert_true(is_known(&c, 3000 - EXECS_MAX));
	assert_true(is_known(&c, 2999));
	free_all(&c);
}

static void finished_ones_do_not_push_out_what_waits_for_its_start(void **state)
{
	struct container c = { 0 };

	(void)state;
	add(&c, 5000);
	for (unsigned i = 0; i < 300; i++)
		add(&c, i)->started = true;
	assert_true(is_known(&c, 5000));
	assert_false(is_known(&c, 30));
	assert_true(is_known(&c, 299));
	free_all(&c);
}

static void running_ones_stay(void **state)
{
	struct container c = { 0 };

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct exec *e = add(&c, i);

		e->started = e->running = true;
	}
	for (unsigned i = 300; i < 1000; i++)
		add(&c, i);
	assert_true(is_known(&c, 0));
	assert_true(is_known(&c, 999));
	free_all(&c);
}

static void large_ones_are_forgotten_earlier(void **state)
{
	struct container c = { 0 };

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		add(&c, i)->bytes = EXECS_MAX_BYTES / 2;
	add(&c, 10);
	assert_false(is_known(&c, 7));
	assert_true(is_known(&c, 8));
	assert_true(is_known(&c, 10));
	free_all(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_never_started_are_forgotten),
		cmocka_unit_test(finished_ones_do_not_push_out_what_waits_for_its_start),
		cmocka_unit_test(running_ones_stay),
		cmocka_unit_test(large_ones_are_forgotten_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
