/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/container/pause.h"
#include "daemon/container/remove.h"
#include "daemon/container/start.h"
#include "daemon/container/stop.h"
#include "house.h"

#include "../fault/faults.h"

static void a_start_returns_when_the_process_runs(void **state)
{
	struct container *c = house_add("web", "{}");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(container_start(c, &err), 0);
	assert_int_equal(c->state, CONTAINER_RUNNING);
	assert_int_equal(container_start(c, &err), -EALREADY);
	assert_int_equal(container_kill(c, SIGKILL, &err), 0);
	assert_int_equal(c->state, CONTAINER_EXITED);
	assert_int_equal(c->rec.exit_code, 137);
	assert_int_equal(container_start(c, &err), 0);
	container_unref(c);
}

static void a_program_that_is_missing_is_the_callers_mistake(void **state)
{
	struct container *c = house_add("web", "{}");
	struct err err = { 0 };

	(void)state;
	house_behave("missing");
	assert_int_equal(container_start(c, &err), -EINVAL);
	assert_string_equal(err.msg, "no such program");
	assert_int_equal(c->state, CONTAINER_CREATED);
	assert_int_equal(c->rec.exit_code, 127);
	house_behave("run");
	assert_int_equal(container_start(c, &err), 0);
	container_unref(c);
}

static void a_shim_that_is_gone_fails_the_start(void **state)
{
	struct container *c = house_add("web", "{}");
	struct err err = { 0 };

	(void)state;
	house_behave("die");
	assert_true(container_start(c, &err) < 0);
	assert_true(*err.msg);
	assert_int_equal(c->state, CONTAINER_CREATED);
	assert_int_equal(container_ends(c), 1);
	container_unref(c);
}

static void a_process_that_ends_at_once_has_run(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	house_behave("brief");
	assert_int_equal(container_start(c, NULL), 0);
	house_await(c, STATE(EXITED));
	assert_int_equal(c->rec.exit_code, 3);
	container_unref(c);
}

static void a_paused_one_is_not_started_but_stopped(void **state)
{
	struct container *c = house_add("web", "{}");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(container_pause(c, &err), -EBUSY);
	assert_int_equal(container_start(c, &err), 0);
	assert_int_equal(container_pause(c, &err), 0);
	assert_int_equal(c->state, CONTAINER_PAUSED);
	assert_int_equal(container_start(c, &err), -EBUSY);
	assert_int_equal(container_unpause(c, &err), 0);
	assert_int_equal(c->state, CONTAINER_RUNNING);
	assert_int_equal(container_pause(c, &err), 0);
	assert_int_equal(container_stop(c, 0, 5, &err), 0);
	assert_int_equal(c->state, CONTAINER_EXITED);
	assert_int_equal(c->rec.exit_code, 128 + SIGTERM);
	container_unref(c);
}

static void what_runs_is_removed_by_force_alone(void **state)
{
	struct container *c = house_add("web", "{}");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(container_start(c, &err), 0);
	assert_int_equal(container_remove(c, false, false, &err), -EBUSY);
	assert_int_equal(container_remove(c, true, false, &err), 0);
	assert_int_equal(c->state, CONTAINER_REMOVED);
	assert_int_equal(container_start(c, &err), -ENOENT);
	container_unref(c);
}

/* Memory may fail for what a start can do without; then it goes well, or nothing is left of it. */
static void a_start_without_memory_leaves_nothing_half_done(void **state)
{
	struct container *c = house_add("web", "{}");
	unsigned calls = 0;

	(void)state;
	for (bool hit = true; hit; calls++) {
		struct err err = { 0 };
		int r;

		faults_arm(FAULT_MEMORY, calls + 1);
		r = container_start(c, &err);
		hit = faults_disarm();
		assert_true(r < 0 || container_is_now(c, STATE(RUNNING)));
		assert_true(r == 0 || container_is_now(c, STATE(CREATED) | STATE(EXITED)));
		assert_true(hit || r == 0);
		if (r == 0)
			assert_int_equal(container_kill(c, SIGKILL, NULL), 0);
	}
	assert_in_range(calls, 5, 1000);
	container_unref(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_start_returns_when_the_process_runs),
		TEST(a_program_that_is_missing_is_the_callers_mistake),
		TEST(a_shim_that_is_gone_fails_the_start),
		TEST(a_process_that_ends_at_once_has_run),
		TEST(a_paused_one_is_not_started_but_stopped),
		TEST(what_runs_is_removed_by_force_alone),
		TEST(a_start_without_memory_leaves_nothing_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
