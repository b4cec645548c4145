/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/thread.h"

/* Whether a thread takes SIGTERM, as its result. */
static void *look_at_signals(void *arg)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	*(bool *)arg = !sigismember(&blocked, SIGTERM) && !sigismember(&blocked, SIGCHLD);
	return arg;
}

static void a_thread_is_joined_and_takes_no_signals(void **state)
{
	bool theirs = true, ours = false;
	pthread_t thread;
	void *result = NULL;

	(void)state;
	assert_int_equal(thread_start(&thread, look_at_signals, &theirs), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &theirs);
	assert_false(theirs);
	look_at_signals(&ours);
	assert_true(ours);
}

static void *say(void *arg)
{
	ssize_t n = write(*(int *)arg, "x", 1);

	(void)n;
	return NULL;
}

static void a_thread_that_nobody_waits_for_runs(void **state)
{
	int fds[2];
	char c = 0;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(thread_start(NULL, say, &fds[1]), 0);
	assert_int_equal(fd_read_exact(fds[0], &c, 1), 0);
	assert_int_equal(c, 'x');
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_is_joined_and_takes_no_signals),
		cmocka_unit_test(a_thread_that_nobody_waits_for_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
