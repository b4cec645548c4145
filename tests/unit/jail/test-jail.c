/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "attempt.h"
#include "base/macro.h"

static void a_program_runs_with_threads(void **state)
{
	(void)state;
	assert_works("nothing");
	assert_works("thread");
	assert_works("signal-self");
}

static void only_the_given_descriptors_and_environment_are_there(void **state)
{
	(void)state;
	assert_works("fds");
	assert_works("environment");
}

static void a_named_descriptor_can_be_opened_again_for_reading_only(void **state)
{
	(void)state;
	assert_works("reopen");
	assert_fails("reopen-for-writing", EACCES, EROFS);
}

static void a_library_comes_before_the_programs_own(void **state)
{
	(void)state;
	assert_works("library");
}

static void devices_can_be_opened(void **state)
{
	(void)state;
	assert_works("device");
}

static void files_of_the_host_cannot_be_reached(void **state)
{
	(void)state;
	assert_fails("secrets", ENOENT, EACCES);
	assert_fails("write", EROFS, EACCES);
	assert_fails("create", EROFS, EACCES);
}

static void no_sockets_and_no_processes(void **state)
{
	(void)state;
	assert_fails("socket", ENOSYS, ENOSYS);
	assert_killed("connect");
	assert_killed("fork");
	assert_killed("vfork");
}

static void other_processes_cannot_be_reached(void **state)
{
	(void)state;
	assert_killed("signal");
	assert_killed("queue-signal");
	assert_killed("limits-of-another");
	assert_killed("read-limits-of-another");
}

static void limits_can_be_read_and_not_set(void **state)
{
	(void)state;
	assert_works("limits");
	assert_fails("set-limits", ENOSYS, ENOSYS);
}

static void files_signal_nobody(void **state)
{
	(void)state;
	assert_works("fcntls");
	assert_killed("owner");
	assert_killed("owner-ex");
	assert_killed("signal-of-file");
	assert_killed("async");
	assert_killed("ioctl-owner");
	assert_killed("ioctl-async");
}

static void devices_take_the_listed_commands_only(void **state)
{
	(void)state;
	assert_fails("listed-ioctl", ENOTTY, ENOTTY);
	assert_fails("kvm", ENOSYS, ENOSYS);
	assert_killed("terminal-input");
}

static void no_file_grows_and_none_is_made_of_memory(void **state)
{
	(void)state;
	assert_fails("memory-file", ENOSYS, ENOSYS);
	assert_fails("truncate", ENOSYS, ENOSYS);
}

static void attacks_end_the_process(void **state)
{
	(void)state;
	assert_killed("mount");
	assert_killed("ptrace");
	assert_killed("setuid");
}

#if !IS_SANITIZED /* there it has none */
static void memory_has_a_bound(void **state)
{
	(void)state;
	assert_fails("memory", ENOMEM, ENOMEM);
	assert_fails("shared-memory", ENOMEM, ENOMEM);
}
#endif

static void threads_have_a_bound(void **state)
{
	(void)state;
	assert_fails("threads", EAGAIN, EAGAIN);
}

static void files_have_a_bound(void **state)
{
	int log_fd = memfd_create("log", MFD_CLOEXEC), file = hello_file(), status;
	struct err err;
	pid_t pid;

	(void)state;
	assert_int_equal(attempt_spawn(&(struct attempt){ "grow", NULL, log_fd, file }, &pid, &err),
			 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EFBIG);
	close(log_fd);
	remove_file(file);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_runs_with_threads),
		cmocka_unit_test(only_the_given_descriptors_and_environment_are_there),
		cmocka_unit_test(a_named_descriptor_can_be_opened_again_for_reading_only),
		cmocka_unit_test(a_library_comes_before_the_programs_own),
		cmocka_unit_test(devices_can_be_opened),
		cmocka_unit_test(files_of_the_host_cannot_be_reached),
		cmocka_unit_test(no_sockets_and_no_processes),
		cmocka_unit_test(other_processes_cannot_be_reached),
		cmocka_unit_test(limits_can_be_read_and_not_set),
		cmocka_unit_test(files_signal_nobody),
		cmocka_unit_test(devices_take_the_listed_commands_only),
		cmocka_unit_test(no_file_grows_and_none_is_made_of_memory),
		cmocka_unit_test(attacks_end_the_process),
#if !IS_SANITIZED
		cmocka_unit_test(memory_has_a_bound),
#endif
		cmocka_unit_test(threads_have_a_bound),
		cmocka_unit_test(files_have_a_bound),
	};

	if (!attempts_init(argc, argv))
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, attempt_remove_group);
}
