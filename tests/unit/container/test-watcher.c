/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/container/pause.h"
#include "daemon/container/start.h"
#include "daemon/container/stop.h"
#include "daemon/container/watcher.h"
#include "house.h"

#include "../fault/faults.h"

static void a_shim_that_is_killed_ends_its_container(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	assert_int_equal(container_start(c, NULL), 0);
	house_kill_shim();
	house_await(c, STATE(EXITED));
	assert_int_equal(c->rec.exit_code, 137);
	assert_string_equal(c->rec.error, "moat-shim was killed");
	container_unref(c);
}

static void a_watch_that_is_dropped_is_made_anew(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	house_behave("fickle");
	assert_int_equal(container_start(c, NULL), 0);
	assert_int_equal(container_pause(c, NULL), 0);
	assert_int_equal(c->state, CONTAINER_PAUSED);
	assert_int_equal(container_kill(c, SIGKILL, NULL), 0);
	assert_int_equal(c->state, CONTAINER_EXITED);
	container_unref(c);
}

static void what_makes_no_sense_is_passed_over(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	house_behave("babbling");
	assert_int_equal(container_start(c, NULL), 0);
	assert_int_equal(container_pause(c, NULL), 0);
	assert_int_equal(c->state, CONTAINER_PAUSED);
	assert_int_equal(container_ends(c), 0);
	container_unref(c);
}

static void many_containers_are_heard_at_once(void **state)
{
	struct container *list[8];
	char name[8];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "web%zu", i);
		list[i] = house_add(name, "{}");
		assert_int_equal(container_start(list[i], NULL), 0);
	}
	for (size_t i = 0; i < 8; i += 2)
		assert_int_equal(container_kill(list[i], SIGTERM, NULL), 0);
	for (size_t i = 0; i < 8; i++) {
		house_await(list[i], i % 2 == 0 ? STATE(EXITED) : STATE(RUNNING));
		assert_int_equal(container_ends(list[i]), i % 2 == 0);
		container_unref(list[i]);
	}
}

static int watch_it(void *arg)
{
	struct watch_start start = { .tap = "" };
	struct container *c = arg;
	int r = shim_watch(container_shim(c), &start.fd);

	return r < 0 ? r : watcher_add(c->table->watcher, c, &start);
}

static void a_watch_is_had_or_nothing_is_left_of_it(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	assert_int_equal(container_start(c, NULL), 0);
	assert_in_range(faults_each(FAULT_MEMORY, watch_it, c), 1, 1000);
	assert_int_equal(container_kill(c, SIGKILL, NULL), 0);
	house_await(c, STATE(EXITED));
	assert_int_equal(container_ends(c), 1);
	container_unref(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_shim_that_is_killed_ends_its_container),
		TEST(a_watch_that_is_dropped_is_made_anew),
		TEST(what_makes_no_sense_is_passed_over),
		TEST(many_containers_are_heard_at_once),
		TEST(a_watch_is_had_or_nothing_is_left_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
