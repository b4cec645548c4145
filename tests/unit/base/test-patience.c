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
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/patience.h"

#define USEC (500 * USEC_PER_MSEC)

static void spin(void)
{
	for (;;)
		__asm__ volatile("");
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

/* @policy: of the scheduler; of two processes on the first processor one with SCHED_IDLE gets next
 * to nothing of it while the other one wants it. */
static pid_t start(void (*fn)(void), int policy)
{
	const struct sched_param param = { 0 };
	pid_t pid = fork();
	cpu_set_t one;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_getaffinity(0, sizeof(one), &one);
	for (size_t cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &one) && seen++ > 0)
			CPU_CLR(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0 ||
	    sched_setscheduler(0, policy, &param) < 0)
		_exit(1);
	fn();
	_exit(0);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Until it has nothing more to do. */
static void await_rest(pid_t pid)
{
	char path[32];
	const char *state;
	bool rests;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	do {
		cleanup(buf_reset) struct buf b = BUF_INIT;

		usleep(1000);
		assert_int_equal(file_read_at(AT_FDCWD, path, 4096, &b), 0);
		assert_int_equal(buf_adds(&b, ""), 0);
		state = strrchr(b.data, ')');
		rests = state && state[2] == 'S';
	} while (!rests);
}

/* Return: how often there was time left. */
static unsigned wait_for(struct patience *p, pid_t pid)
{
	unsigned n = 0;
	uint64_t left;

	patience_begin(p, pid, USEC);
	while ((left = patience_left(p)) > 0) {
		usleep((useconds_t)left);
		n++;
	}
	return n;
}

static void who_sleeps_has_had_its_time(void **state)
{
	pid_t pid = start(sleep_for_ever, SCHED_OTHER);
	struct patience p;

	(void)state;
	await_rest(pid);
	/* Its time, and a slice in which it is looked at. */
	assert_int_equal(wait_for(&p, pid), 2);
	assert_false(p.is_cut);
	end(pid);
}

static void who_waits_for_a_processor_gets_more_but_not_without_end(void **state)
{
	pid_t busy = start(spin, SCHED_OTHER), pid = start(spin, SCHED_IDLE);
	uint64_t begin = clock_mono_usec();
	struct patience p;

	(void)state;
	assert_true(wait_for(&p, pid) > 2);
	assert_true(p.is_cut);
	assert_true(clock_mono_usec() - begin >= PATIENCE_FACTOR * USEC);
	end(busy); /* first: the other one needs the processor to end */
	end(pid);
}

static void who_is_gone_or_not_known_has_had_its_time(void **state)
{
	pid_t pid = start(sleep_for_ever, SCHED_OTHER);
	struct patience p;

	(void)state;
	end(pid);
	assert_int_equal(wait_for(&p, pid), 1);
	assert_false(p.is_cut);
	assert_int_equal(wait_for(&p, 0), 1);
	assert_false(p.is_cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sleeps_has_had_its_time),
		cmocka_unit_test(who_waits_for_a_processor_gets_more_but_not_without_end),
		cmocka_unit_test(who_is_gone_or_not_known_has_had_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
