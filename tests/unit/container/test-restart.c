/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "daemon/container/remove.h"
#include "daemon/container/restart.h"
#include "daemon/container/start.h"
#include "daemon/container/stop.h"
#include "house.h"

#include "../fault/faults.h"

#define ALWAYS "{\"RestartPolicy\":{\"Name\":\"always\"}}"
#define ONCE   "{\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":1}}"

static void expect_shown(struct container *c, const char *status)
{
	cleanup(container_view_reset) struct container_view v = { 0 };

	assert_int_equal(container_view(c, &v), 0);
	assert_string_equal(view_status(&v), status);
}

/* It is shown so between its tries, and as running during one. */
static void await_shown_restarting(struct container *c)
{
	for (bool shown = false; !shown;) {
		cleanup(container_view_reset) struct container_view v = { 0 };

		assert_int_equal(container_view(c, &v), 0);
		shown = streq(view_status(&v), "restarting");
		usleep(1000);
	}
}

static void one_that_is_always_wanted_comes_back(void **state)
{
	struct container *c = house_add("web", ALWAYS);

	(void)state;
	house_behave("brief");
	assert_int_equal(container_start(c, NULL), 0);
	await_shown_restarting(c);
	house_behave("run");
	house_await(c, STATE(RUNNING));
	assert_in_range(c->rec.restart_count, 1, 10);
	assert_int_equal(house_image_asked(), c->rec.restart_count + 1);
	container_unref(c);
}

static void retries_come_to_an_end(void **state)
{
	struct container *c = house_add("web", ONCE);

	(void)state;
	house_behave("brief");
	assert_int_equal(container_start(c, NULL), 0);
	house_await(c, STATE(EXITED));
	assert_int_equal(c->rec.restart_count, 1);
	assert_int_equal(container_ends(c), 2);
	container_unref(c);
}

static void a_stop_ends_the_waiting(void **state)
{
	struct container *c = house_add("web", ALWAYS);

	(void)state;
	house_behave("missing");
	assert_int_equal(container_start(c, NULL), -EINVAL);
	house_behave("brief");
	assert_int_equal(container_start(c, NULL), 0);
	house_await(c, STATE(WAITING));
	assert_int_equal(container_remove(c, false, false, NULL), -EBUSY);
	while (container_stop(c, 0, 1, NULL) == 0)
		assert_int_equal(container_is_now(c, STATE(WAITING)), 0);
	expect_shown(c, "exited");
	assert_int_equal(container_remove(c, false, false, NULL), 0);
	container_unref(c);
}

static void what_waits_can_be_started_by_hand(void **state)
{
	struct container *c = house_add("web", ALWAYS);

	(void)state;
	house_behave("brief");
	assert_int_equal(container_start(c, NULL), 0);
	house_await(c, STATE(WAITING));
	house_behave("run");
	(void)container_start(c, NULL);
	house_await(c, STATE(RUNNING));
	assert_int_equal(container_kill(c, SIGKILL, NULL), 0);
	assert_int_equal(c->state, CONTAINER_EXITED);
	container_unref(c);
}

static void giving_up_holds_for_a_start_under_way(void **state)
{
	struct container *c = house_add("web", ALWAYS);

	(void)state;
	c->rec.started_nsec = 1;
	c->restart.due_usec = UINT64_MAX;
	pthread_mutex_lock(&c->table->lock);
	assert_true(container_enter(c, CONTAINER_EXITED));
	assert_true(container_enter(c, CONTAINER_WAITING));
	assert_true(container_enter(c, CONTAINER_STARTING));
	assert_int_equal(container_shown(c), CONTAINER_WAITING);
	pthread_mutex_unlock(&c->table->lock);
	assert_true(restart_forbid(c));
	assert_false(restart_forbid(c));
	expect_shown(c, "exited");
	container_unref(c);
}

static int make_another(void *arg)
{
	struct restarter *r = NULL;
	int code = restarter_new(arg, &r);

	restarter_free(r);
	return code;
}

static void there_is_a_restarter_or_the_reason_why_not(void **state)
{
	(void)state;
	assert_in_range(faults_each(FAULT_MEMORY, make_another, house_table()), 1, 100);
}

/* Nobody else starts it: the restarter takes one that is due no more for its own. */
static void a_start_by_the_policy_survives_every_lack_of_memory(void **state)
{
	struct container *c = house_add("web", "{}");
	unsigned calls = 0;

	(void)state;
	for (bool hit = true; hit; calls++) {
		int r;

		pthread_mutex_lock(&c->table->lock);
		assert_true(container_enter(c, CONTAINER_EXITED));
		c->restart.due_usec = UINT64_MAX;
		assert_true(container_enter(c, CONTAINER_WAITING));
		pthread_mutex_unlock(&c->table->lock);
		faults_arm(FAULT_MEMORY, calls + 1);
		r = container_start_again(c, NULL);
		hit = faults_disarm();
		assert_true(hit || r == 0);
		assert_true(container_is_now(c, r == 0 ? STATE(RUNNING)
						       : STATE(CREATED) | STATE(EXITED)));
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
		TEST(one_that_is_always_wanted_comes_back),
		TEST(retries_come_to_an_end),
		TEST(a_stop_ends_the_waiting),
		TEST(what_waits_can_be_started_by_hand),
		TEST(giving_up_holds_for_a_start_under_way),
		TEST(there_is_a_restarter_or_the_reason_why_not),
		TEST(a_start_by_the_policy_survives_every_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
