/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/container/table.h"
#include "daemon/container/transition.h"
#include "house.h"

#include "../fault/faults.h"
#include "../hang.h"

/* As a machine and a shim would bring it there. */
static void bring_up(struct container *c)
{
	pthread_mutex_lock(&c->table->lock);
	assert_true(container_enter(c, CONTAINER_STARTING));
	assert_true(container_enter(c, CONTAINER_LAUNCHED));
	pthread_mutex_unlock(&c->table->lock);
}

static void expect_shown(struct container *c, const char *status)
{
	cleanup(container_view_reset) struct container_view v = { 0 };

	assert_int_equal(container_view(c, &v), 0);
	assert_string_equal(view_status(&v), status);
}

static void end_with(struct container *c, int code)
{
	const struct exit_status how = { .code = code, .finished_nsec = clock_now_nsec() };

	container_ended(c, &how);
}

static void what_cannot_follow_is_refused(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	assert_false(container_enter(c, CONTAINER_RUNNING));
	assert_false(container_enter(c, CONTAINER_PAUSED));
	assert_false(container_enter(c, CONTAINER_WAITING));
	bring_up(c);
	assert_false(container_enter(c, CONTAINER_STARTING));
	assert_false(container_enter(c, CONTAINER_PAUSED));
	assert_false(container_enter(c, CONTAINER_REMOVED));
	container_started(c, 1, clock_now_nsec());
	assert_false(container_enter(c, CONTAINER_STARTING));
	assert_false(container_enter(c, CONTAINER_CREATED));
	assert_false(container_enter(c, CONTAINER_REMOVED));
	assert_int_equal(c->state, CONTAINER_RUNNING);
	end_with(c, 0);
	assert_int_equal(container_forget(c, false, NULL), 0);
	for (unsigned to = 0; to < CONTAINER_STATES; to++)
		assert_false(container_enter(c, to));
	container_unref(c);
}

static void while_it_starts_it_is_shown_as_what_it_was(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	bring_up(c);
	expect_shown(c, "created");
	container_started(c, 1, clock_now_nsec());
	expect_shown(c, "running");
	end_with(c, 3);
	expect_shown(c, "exited");
	bring_up(c);
	expect_shown(c, "exited");
	end_with(c, 125);
	container_unref(c);
}

static void a_first_start_that_fails_leaves_it_created(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	bring_up(c);
	end_with(c, 125);
	assert_int_equal(c->state, CONTAINER_CREATED);
	assert_int_equal(house_row(c), RECORD_CREATED);
	container_unref(c);
}

static void the_row_says_what_a_crash_must_not_take(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	bring_up(c);
	assert_int_equal(house_row(c), RECORD_CREATED);
	container_started(c, 1, clock_now_nsec());
	assert_int_equal(house_row(c), RECORD_RUNNING);
	container_paused(c, true);
	assert_int_equal(house_row(c), RECORD_RUNNING);
	end_with(c, 3);
	assert_int_equal(house_row(c), RECORD_EXITED);
	assert_int_equal(c->rec.exit_code, 3);
	container_unref(c);
}

static unsigned count_events(struct hub_sub *sub, const char *action)
{
	unsigned n = 0;
	json_t *event;
	int64_t nsec;

	while ((event = hub_next(sub, &nsec))) {
		n += streq(json_string_value(json_object_get(event, "Action")), action);
		json_decref(event);
	}
	return n;
}

static void what_is_known_is_no_event(void **state)
{
	struct container *c = house_add("web", "{}");
	cleanup_hub_sub struct hub_sub *sub = NULL;

	(void)state;
	bring_up(c);
	assert_int_equal(hub_subscribe(c->table->hub, &sub), 0);
	container_paused(c, true);
	assert_int_equal(count_events(sub, "pause"), 0);
	container_started(c, 1, clock_now_nsec());
	container_started(c, 1, clock_now_nsec());
	assert_int_equal(count_events(sub, "start"), 1);
	container_paused(c, true);
	container_paused(c, true);
	assert_int_equal(count_events(sub, "pause"), 1);
	container_paused(c, false);
	container_paused(c, false);
	assert_int_equal(count_events(sub, "unpause"), 1);
	container_unref(c);
}

static void *start_it(void *arg)
{
	container_started(arg, 1, clock_now_nsec());
	return NULL;
}

static void *end_it(void *arg)
{
	end_with(arg, 0);
	return NULL;
}

/* Else what others publish then, as "restart" or "stop", would come before it. */
static void who_sees_a_state_finds_its_event(void **state)
{
	struct container *c = house_add("web", "{}");
	cleanup_hub_sub struct hub_sub *sub = NULL;
	pthread_t starter, ender;

	(void)state;
	bring_up(c);
	assert_int_equal(hub_subscribe(c->table->hub, &sub), 0);
	pthread_mutex_lock(&c->saving);
	assert_int_equal(thread_start(&starter, start_it, c), 0);
	house_await(c, STATES_RUNNING);
	assert_int_equal(count_events(sub, "start"), 1);
	assert_int_equal(thread_start(&ender, end_it, c), 0);
	house_await(c, STATE(EXITED));
	assert_int_equal(count_events(sub, "die"), 1);
	pthread_mutex_unlock(&c->saving);
	pthread_join(starter, NULL);
	pthread_join(ender, NULL);
	container_unref(c);
}

static void out_of_memory_of_the_guest_is_told_once_a_life(void **state)
{
	struct container *c = house_add("web", "{}");
	struct exit_status how = { .code = 137, .oom = true, .finished_nsec = clock_now_nsec() };

	(void)state;
	container_oom(c);
	assert_false(c->rec.oom);
	bring_up(c);
	container_started(c, 1, clock_now_nsec());
	container_oom(c);
	assert_true(c->rec.oom);
	container_ended(c, &how);
	assert_true(c->rec.oom);
	bring_up(c);
	container_started(c, 1, clock_now_nsec());
	assert_false(c->rec.oom);
	container_unref(c);
}

static void one_that_goes_with_its_end_is_gone(void **state)
{
	struct container *c = house_add("web", "{\"AutoRemove\":true}");

	(void)state;
	bring_up(c);
	container_started(c, 1, clock_now_nsec());
	end_with(c, 0);
	house_await(c, STATE(REMOVED));
	for (int i = 0; i < HANG_MSEC / 10 && faccessat(c->table->dir_fd, c->rec.id, F_OK, 0) == 0;
	     i++)
		usleep(10000);
	assert_int_equal(faccessat(c->table->dir_fd, c->rec.id, F_OK, 0), -1);
	assert_int_equal(containers_find(house_table(), "web", &(struct container *){ NULL }, NULL),
			 -ENOENT);
	container_unref(c);
}

static void somebody_who_restarts_it_keeps_it(void **state)
{
	struct container *c = house_add("web", "{\"AutoRemove\":true}");

	(void)state;
	bring_up(c);
	container_started(c, 1, clock_now_nsec());
	c->kept = true;
	end_with(c, 0);
	assert_int_equal(c->state, CONTAINER_EXITED);
	container_unref(c);
}

/* Events may be lost; no step of a life is. */
static void a_life_goes_on_through_every_lack_of_memory(void **state)
{
	struct container *c = house_add("web", "{\"Labels\":{\"a\":\"b\"}}");
	unsigned n = 0;

	(void)state;
	for (bool hit = true; hit; n++) {
		bring_up(c);
		faults_arm(FAULT_MEMORY, n + 1);
		container_started(c, 1, clock_now_nsec());
		hit = faults_disarm();
		assert_int_equal(c->state, CONTAINER_RUNNING);
		faults_arm(FAULT_MEMORY, n + 1);
		container_oom(c);
		container_paused(c, true);
		container_paused(c, false);
		hit |= faults_disarm();
		assert_int_equal(c->state, CONTAINER_RUNNING);
		faults_arm(FAULT_MEMORY, n + 1);
		end_with(c, 3);
		hit |= faults_disarm();
		assert_int_equal(c->state, CONTAINER_EXITED);
		assert_int_equal(c->rec.exit_code, 3);
	}
	assert_in_range(n, 5, 1000);
	assert_int_equal(house_row(c), RECORD_EXITED);
	container_unref(c);
}

static int make(void *arg)
{
	struct texts *texts = arg;
	struct record rec = { .state = RECORD_EXITED };
	struct container *c = NULL;
	int r = container_new(house_table(), &rec, texts, &c, NULL);

	container_unref(c);
	return r;
}

static void making_one_survives_every_lack_of_memory(void **state)
{
	struct texts texts = { (char[]){ "{\"Labels\":{\"a\":\"b\"}}" },
			       (char[]){ "{\"RestartPolicy\":{\"Name\":\"always\"}}" },
			       (char[]){ HOUSE_SPEC } };

	(void)state;
	assert_in_range(faults_each(FAULT_MEMORY, make, &texts), 5, 10000);
}

static int view(void *arg)
{
	struct container_view *views = NULL;
	size_t n = 0;
	int r = container_views(arg, &views, &n);

	if (r == 0) {
		assert_int_equal(n, 2);
		container_views_free(views, n);
	}
	return r;
}

static void views_survive_every_lack_of_memory(void **state)
{
	struct container *a = house_add("a", "{}"), *b = house_add("b", "{}");

	(void)state;
	assert_int_equal(faults_each(FAULT_MEMORY, view, house_table()), 2 + 2 * 3);
	container_unref(a);
	container_unref(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_cannot_follow_is_refused),
		TEST(while_it_starts_it_is_shown_as_what_it_was),
		TEST(a_first_start_that_fails_leaves_it_created),
		TEST(the_row_says_what_a_crash_must_not_take),
		TEST(what_is_known_is_no_event),
		TEST(who_sees_a_state_finds_its_event),
		TEST(out_of_memory_of_the_guest_is_told_once_a_life),
		TEST(one_that_goes_with_its_end_is_gone),
		TEST(somebody_who_restarts_it_keeps_it),
		TEST(a_life_goes_on_through_every_lack_of_memory),
		TEST(making_one_survives_every_lack_of_memory),
		TEST(views_survive_every_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
