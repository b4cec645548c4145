/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/spawn.h"

#define SHELL "/bin/sh"

/* What a shell says, its descriptors being a null device, a pipe, and @extra. */
static char *shell_says(const char *script, const int *extra, size_t n_extra, bool detached)
{
	const char *const argv[] = { "sh", "-c", script, NULL }, *const env[] = { "A=b", NULL };
	static char said[4096];
	int fds[8] = { -1, -1, -1 }, pipe_fds[2], status;
	struct spawn s = { SHELL, argv, env, fds, 3 + n_extra, detached };
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	fds[1] = pipe_fds[1];
	for (size_t i = 0; i < n_extra; i++)
		fds[3 + i] = extra[i];
	assert_int_equal(spawn_start(&s, &pid), 0);
	close(pipe_fds[1]);
	while ((n = read(pipe_fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(pipe_fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return said;
}

static int file_with(const char *text)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(fds[1], text, strlen(text)), 0);
	close(fds[1]);
	return fds[0];
}

/* Also those that are where another is to be. */
static void descriptors_come_in_the_tables_order_and_no_others(void **state)
{
	int first = file_with("first\n"), second = file_with("second\n");
	int swapped[2];

	(void)state;
	/* So that one is where the other is to be. */
	swapped[0] = fcntl(second, F_DUPFD_CLOEXEC, 3);
	swapped[1] = dup2(first, 3);
	assert_string_equal(shell_says("cat <&3; cat <&4; for fd in 0 2; do"
				       " readlink /proc/$$/fd/$fd; done;"
				       " [ -e /proc/$$/fd/5 ] && echo more; true",
				       swapped, 2, false),
			    "second\nfirst\n/dev/null\n/dev/null\n");
}

static void the_environment_is_the_one_given(void **state)
{
	(void)state;
	assert_string_equal(shell_says("echo $A $HOME", NULL, 0, false), "b\n");
}

static void a_detached_program_is_alone_in_the_root_folder(void **state)
{
	char here[4096], want[4200];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(want, sizeof(want), "%s\n", here);
	assert_string_equal(shell_says("pwd", NULL, 0, false), want);
	assert_string_equal(
		shell_says("pwd; [ $(ps -o sid= -p $$) = $$ ] && echo alone", NULL, 0, true),
		"/\nalone\n");
}

static void signals_are_as_in_a_new_program(void **state)
{
	sigset_t all, before;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	/* Above 31 are two of libc's own, which it leaves ignored. */
	assert_string_equal(shell_says("for set in SigBlk SigIgn; do"
				       " echo $((0x$(sed -n s/^$set:.//p /proc/$$/status)"
				       " & 0x7fffffff)); done",
				       NULL, 0, false),
			    "0\n0\n");
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void what_cannot_be_executed_is_an_error(void **state)
{
	const char *const argv[] = { "nothing", NULL };
	const int bad[] = { 1 << 20 };
	pid_t pid = 77;

	(void)state;
	assert_int_equal(spawn_start(&(struct spawn){ "/no/such/program", argv }, &pid), -ENOENT);
	assert_int_equal(spawn_start(&(struct spawn){ SHELL, argv, NULL, bad, 1 }, &pid), -EBADF);
	assert_int_equal(pid, 77);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_come_in_the_tables_order_and_no_others),
		cmocka_unit_test(the_environment_is_the_one_given),
		cmocka_unit_test(a_detached_program_is_alone_in_the_root_folder),
		cmocka_unit_test(signals_are_as_in_a_new_program),
		cmocka_unit_test(what_cannot_be_executed_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
