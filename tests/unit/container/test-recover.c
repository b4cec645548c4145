/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/str.h"
#include "daemon/container/pause.h"
#include "daemon/container/recover.h"
#include "daemon/container/start.h"
#include "daemon/container/stop.h"
#include "house.h"

static void what_runs_goes_on_under_a_new_moatd(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	assert_int_equal(container_start(c, NULL), 0);
	house_restart();
	c = house_find("web");
	house_await(c, STATE(RUNNING));
	assert_int_equal(container_start(c, NULL), -EALREADY);
	assert_int_equal(container_kill(c, SIGKILL, NULL), 0);
	assert_int_equal(c->state, CONTAINER_EXITED);
}

/* The lock of a shim that has no machine's folder, and the process that holds it. */
static pid_t hold_old_lock(struct container *c)
{
	struct flock all = { .l_type = F_WRLCK };
	cleanup_free char *name = str_printf("%s/shim.lock", c->rec.id);
	int ready[2], fd;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		fd = openat(c->table->dir_fd, name, O_RDWR | O_CREAT, 0600);
		if (fd < 0 || fcntl(fd, F_SETLK, &all) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &(char){ 0 }, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void a_machine_of_an_earlier_version_is_refused(void **state)
{
	struct container *c = house_add("web", "{}");
	pid_t pid = hold_old_lock(c);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(containers_refuse_old(house_table()->dir_fd, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "earlier version"));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void what_is_paused_is_known_to_be(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	assert_int_equal(container_start(c, NULL), 0);
	assert_int_equal(container_pause(c, NULL), 0);
	house_restart();
	c = house_find("web");
	house_await(c, STATE(PAUSED));
	assert_int_equal(container_unpause(c, NULL), 0);
	assert_int_equal(c->state, CONTAINER_RUNNING);
}

static void an_end_in_the_meantime_is_found_in_the_folder(void **state)
{
	struct container *c = house_add("web", "{}");
	const struct exit_status how = { .code = 3, .started_nsec = 5, .finished_nsec = 7 };
	cleanup_close int dir_fd = -1;

	(void)state;
	assert_int_equal(container_start(c, NULL), 0);
	dir_fd = openat(c->table->dir_fd, c->rec.id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	house_leave();
	house_kill_shim();
	assert_int_equal(exit_write(dir_fd, &how, false), 0);
	house_come();
	c = house_find("web");
	house_await(c, STATE(EXITED));
	assert_int_equal(c->rec.exit_code, 3);
	house_await_row(c, RECORD_EXITED);
}

static void what_has_ended_is_not_taken_to_run_while_its_machine_is_there(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	house_behave("cleaning");
	assert_int_equal(container_start(c, NULL), 0);
	house_await_row(c, RECORD_EXITED);
	house_restart();
	c = house_find("web");
	assert_int_equal(c->state, CONTAINER_EXITED);
	assert_int_equal(c->rec.exit_code, 3);
	house_kill_shim();
}

static void a_shim_that_was_killed_meanwhile_is_said(void **state)
{
	struct container *c = house_add("web", "{}");

	(void)state;
	assert_int_equal(container_start(c, NULL), 0);
	house_leave();
	house_kill_shim();
	house_come();
	c = house_find("web");
	house_await(c, STATE(EXITED));
	assert_int_equal(c->rec.exit_code, 137);
	assert_string_equal(c->rec.error, "moat-shim ended while moatd was not running");
}

static void folders_of_nobody_are_removed(void **state)
{
	char name[ID_LEN + 1];
	struct stat sb;

	(void)state;
	memset(name, 'a', ID_LEN);
	name[ID_LEN] = '\0';
	assert_int_equal(mkdirat(house_table()->dir_fd, name, 0700), 0);
	house_restart();
	for (int i = 0; i < HANG_MSEC / 10 && fstatat(house_table()->dir_fd, name, &sb, 0) == 0;
	     i++)
		usleep(10000);
	assert_int_equal(fstatat(house_table()->dir_fd, name, &sb, 0), -1);
}

static void an_always_wanted_one_is_started_again(void **state)
{
	struct container *c = house_add("web", "{\"RestartPolicy\":{\"Name\":\"always\"}}");

	(void)state;
	assert_int_equal(container_start(c, NULL), 0);
	house_leave();
	house_kill_shim();
	house_come();
	c = house_find("web");
	house_await(c, STATE(RUNNING));
}

/* A moatd that lacks memory does not begin, or knows what runs. */
static void what_runs_goes_on_through_every_lack_of_memory(void **state)
{
	struct container *c = house_add("web", "{}");
	unsigned n = 0;

	(void)state;
	assert_int_equal(container_start(c, NULL), 0);
	for (bool hit = true; hit; n++) {
		int r;

		house_leave();
		r = house_come_short(n + 1, &hit);
		assert_true(hit || r == 0);
		if (r == 0)
			house_await(house_find("web"), STATE(RUNNING));
	}
	assert_in_range(n, 5, 1000);
	assert_int_equal(container_kill(house_find("web"), SIGKILL, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_runs_goes_on_under_a_new_moatd),
		TEST(what_runs_goes_on_through_every_lack_of_memory),
		TEST(what_is_paused_is_known_to_be),
		TEST(an_end_in_the_meantime_is_found_in_the_folder),
		TEST(what_has_ended_is_not_taken_to_run_while_its_machine_is_there),
		TEST(a_shim_that_was_killed_meanwhile_is_said),
		TEST(a_machine_of_an_earlier_version_is_refused),
		TEST(folders_of_nobody_are_removed),
		TEST(an_always_wanted_one_is_started_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
