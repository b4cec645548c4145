/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/container/mounts.h"
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

static void the_images_file_is_made_anew_or_the_start_fails(void **state)
{
	struct container *c = house_add("web", "{}");
	struct err err = { 0 };

	(void)state;
	house_lose_image(true);
	assert_int_equal(container_start(c, &err), -EIO);
	assert_string_equal(err.msg, "the image is lost");
	assert_int_equal(c->state, CONTAINER_CREATED);
	house_lose_image(false);
	assert_int_equal(container_start(c, &err), 0);
	assert_int_equal(house_image_asked(), 2);
	assert_int_equal(container_restart(c, 1, &err), 0);
	assert_int_equal(house_image_asked(), 3);
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
static unsigned start_with_each_fault(enum fault_kind kind)
{
	struct container *c = house_add("web", "{}");
	unsigned calls = 0;

	for (bool hit = true; hit; calls++) {
		struct err err = { 0 };
		int r;

		faults_arm(kind, calls + 1);
		r = container_start(c, &err);
		hit = faults_disarm();
		assert_true(r < 0 || container_is_now(c, STATE(RUNNING)));
		assert_true(r == 0 || container_is_now(c, STATE(CREATED) | STATE(EXITED)));
		assert_true(hit || r == 0);
		if (r == 0)
			assert_int_equal(container_kill(c, SIGKILL, NULL), 0);
	}
	container_unref(c);
	return calls - 1;
}

static void a_start_without_memory_leaves_nothing_half_done(void **state)
{
	(void)state;
	assert_in_range(start_with_each_fault(FAULT_MEMORY), 5, 1000);
}

static void a_start_on_a_full_disk_leaves_nothing_half_done(void **state)
{
	(void)state;
	assert_in_range(start_with_each_fault(FAULT_FILES), 1, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

/* A process that a signal does not end: the first of a pid namespace ends after all others, of
 * which one is a child of this test's, who has to be reaped.  Return: its pid; 0 where it may not
 * be made. */
static pid_t make_stuck(pid_t *ret_other)
{
	cleanup_close int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), its = -1;
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWPID, NULL, NULL, NULL, NULL);
	char path[64];

	if (pid == 0)
		for (;;)
			pause();
	if (pid < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	its = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(setns(its, CLONE_NEWPID), 0);
	*ret_other = fork();
	if (*ret_other == 0)
		for (;;)
			pause();
	assert_true(*ret_other > 0);
	assert_int_equal(setns(own, CLONE_NEWPID), 0);
	return pid;
}

static void a_launch_that_fails_does_not_wait_for_a_server_that_hangs(void **state)
{
	struct container_shares s = CONTAINER_SHARES_NONE;
	pid_t other = 0, pid = make_stuck(&other);

	(void)state;
	if (pid == 0)
		skip();
	s.pid = pid;
	container_shares_reset(&s);
	assert_int_equal(s.pid, 0);
	assert_int_equal(kill(pid, 0), 0);
	/* When it can end it is reaped. */
	assert_int_equal(waitpid(other, NULL, 0), other);
	while (kill(pid, 0) == 0)
		usleep(1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_launch_that_fails_does_not_wait_for_a_server_that_hangs),
		TEST(a_start_returns_when_the_process_runs),
		TEST(a_program_that_is_missing_is_the_callers_mistake),
		TEST(a_shim_that_is_gone_fails_the_start),
		TEST(the_images_file_is_made_anew_or_the_start_fails),
		TEST(a_process_that_ends_at_once_has_run),
		TEST(a_paused_one_is_not_started_but_stopped),
		TEST(what_runs_is_removed_by_force_alone),
		TEST(a_start_without_memory_leaves_nothing_half_done),
		TEST(a_start_on_a_full_disk_leaves_nothing_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
