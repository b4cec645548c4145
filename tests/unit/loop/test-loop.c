/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "loop/loop.h"

struct fixture {
	struct loop *loop;
	int pipe[2], other[2];
	struct source *a, *b;
	unsigned calls;
	int value;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(pipe(f->pipe), 0);
	assert_int_equal(pipe(f->other), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	loop_free(f->loop);
	for (int i = 0; i < 2; i++) {
		fd_close(&f->pipe[i]);
		fd_close(&f->other[i]);
	}
	free(f);
	return 0;
}

static int quit_with_value(struct source *s, int fd, uint32_t events, void *arg)
{
	struct fixture *f = arg;

	(void)s;
	(void)events;
	f->calls++;
	assert_true(fd == f->pipe[0] || fd == f->other[0]);
	loop_quit(f->loop, 42);
	return 0;
}

static void readable_descriptor_is_reported(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loop_add_io(f->loop, f->pipe[0], EPOLLIN, quit_with_value, f, NULL), 0);
	assert_int_equal(fd_write_all(f->pipe[1], "x", 1), 0);
	assert_int_equal(loop_run(f->loop), 42);
	assert_int_equal(f->calls, 1);
}

static int free_both(struct source *s, int fd, uint32_t events, void *arg)
{
	struct fixture *f = arg;

	(void)s;
	(void)fd;
	(void)events;
	f->calls++;
	source_free(f->a);
	source_free(f->b);
	loop_quit(f->loop, 0);
	return 0;
}

static void source_freed_by_another_is_not_called_in_the_same_round(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loop_add_io(f->loop, f->pipe[0], EPOLLIN, free_both, f, &f->a), 0);
	assert_int_equal(loop_add_io(f->loop, f->other[0], EPOLLIN, free_both, f, &f->b), 0);
	assert_int_equal(fd_write_all(f->pipe[1], "x", 1), 0);
	assert_int_equal(fd_write_all(f->other[1], "x", 1), 0);
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->calls, 1);
}

static int break_loop(struct source *s, void *arg)
{
	(void)s;
	(void)arg;
	return -EPROTO;
}

static void error_of_a_callback_ends_the_loop(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loop_add_timer(f->loop, 0, break_loop, NULL, NULL), 0);
	assert_int_equal(loop_run(f->loop), -EPROTO);
}

static int count_to_three(struct source *s, void *arg)
{
	struct fixture *f = arg;

	if (++f->calls == 3)
		loop_quit(f->loop, 0);
	return source_set_timer(s, 0);
}

static void timer_fires_once_each_time_it_is_set(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loop_add_timer(f->loop, 1, count_to_three, f, NULL), 0);
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->calls, 3);
}

static int got_signal(struct source *s, int signo, void *arg)
{
	struct fixture *f = arg;

	(void)s;
	f->value = signo;
	loop_quit(f->loop, 0);
	return 0;
}

static void signal_comes_as_an_event(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(loop_add_signal(f->loop, SIGUSR1, got_signal, f, NULL), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->value, SIGUSR1);
}

static int got_child(struct source *s, pid_t pid, int status, void *arg)
{
	struct fixture *f = arg;

	(void)pid;
	f->value = status;
	source_free(s);
	loop_quit(f->loop, 0);
	return 0;
}

static void end_of_a_child_is_reported_and_reaped(void **state)
{
	struct fixture *f = *state;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	assert_int_equal(loop_add_child(f->loop, pid, got_child, f, NULL), 0);
	assert_int_equal(loop_run(f->loop), 0);
	assert_true(WIFEXITED(f->value) && WEXITSTATUS(f->value) == 7);
	assert_int_equal(waitpid(pid, NULL, 0), -1);
}

static void file_epoll_cannot_watch_is_refused(void **state)
{
	struct fixture *f = *state;
	cleanup_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_int_equal(loop_add_io(f->loop, fd, EPOLLIN, quit_with_value, f, &f->a), -EPERM);
	assert_null(f->a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(readable_descriptor_is_reported, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			source_freed_by_another_is_not_called_in_the_same_round, set_up, tear_down),
		cmocka_unit_test_setup_teardown(error_of_a_callback_ends_the_loop, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(timer_fires_once_each_time_it_is_set, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(signal_comes_as_an_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(end_of_a_child_is_reported_and_reaped, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(file_epoll_cannot_watch_is_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
