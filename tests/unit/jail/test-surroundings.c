/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "attempt.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "jail/describe.h"

#define DESCRIPTIONS 100

static void output_goes_to_the_log(void **state)
{
	int log_fd = memfd_create("log", MFD_CLOEXEC), file = hello_file();
	char text[16] = "";
	struct err err;
	pid_t pid;

	(void)state;
	assert_int_equal(attempt_spawn(&(struct attempt){ "log", NULL, log_fd, file }, &pid, &err),
			 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(pread(log_fd, text, sizeof(text) - 1, 0), 5);
	assert_string_equal(text, "said\n");
	close(log_fd);
	remove_file(file);
}

static void assert_status_line(const struct buf *status, const char *line)
{
	if (!strstr(status->data, line))
		fail_msg("no \"%s\" in:\n%s", line, status->data);
}

static void no_capabilities_and_a_filter(void **state)
{
	cleanup(buf_reset) struct buf status = BUF_INIT;
	int file = hello_file();
	char path[64];
	struct err err;
	pid_t pid;

	(void)state;
	assert_int_equal(
		attempt_spawn(&(struct attempt){ "wait", NULL, STDERR_FILENO, file }, &pid, &err),
		0);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	assert_int_equal(file_read_at(AT_FDCWD, path, KIB(64), &status), 0);
	assert_status_line(&status, "\nCapPrm:\t0000000000000000\n");
	assert_status_line(&status, "\nCapEff:\t0000000000000000\n");
	assert_status_line(&status, "\nNoNewPrivs:\t1\n");
	assert_status_line(&status, "\nSeccomp:\t2\n");
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	remove_file(file);
}

static void a_missing_program_is_an_error_with_its_name(void **state)
{
	int file = hello_file();
	struct err err = { 0 };
	pid_t pid;

	(void)state;
	assert_int_equal(attempt_spawn(&(struct attempt){ "nothing", "/usr/lib/no-such-program",
							  STDERR_FILENO, file },
				       &pid, &err),
			 -ENOENT);
	assert_non_null(strstr(err.msg, "/usr/lib/no-such-program"));
	remove_file(file);
}

static bool described_as(const char *what)
{
	char *text = jail_describe();
	bool is = text && strstr(text, what);

	free(text);
	return is;
}

static void it_is_alone_in_its_process_namespace(void **state)
{
	int status;

	(void)state;
	if (!described_as("namespaces of its own") || described_as("(but for processes)")) {
		print_message("[  SKIPPED ] there are no process namespaces here\n");
		skip();
	}
	assert_works("alone");
	/* Its first process ignores signals of its own, but not this. */
	status = attempt("abort");
	assert_true(WIFSIGNALED(status));
}

static void it_has_a_control_group_that_goes_with_it(void **state)
{
	cleanup(buf_reset) struct buf groups = BUF_INIT;
	int file = hello_file(), folder;
	char path[64], name[64];
	struct stat st;
	struct err err;
	pid_t pid;

	(void)state;
	if (!described_as(", a control group of its own")) {
		remove_file(file);
		print_message("[  SKIPPED ] no control group can be made here\n");
		skip();
	}
	assert_int_equal(
		attempt_spawn(&(struct attempt){ "wait", NULL, STDERR_FILENO, file }, &pid, &err),
		0);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	snprintf(name, sizeof(name), "/moat/%s\n", attempt_group()->name);
	assert_int_equal(file_read_at(AT_FDCWD, path, KIB(64), &groups), 0);
	assert_non_null(strstr(groups.data, name));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	folder = dup(attempt_group()->folders[0]);
	snprintf(name, sizeof(name), "%s", attempt_group()->name);
	assert_int_equal(fstatat(folder, name, &st, 0), 0);
	attempt_remove_group(NULL);
	assert_int_equal(fstatat(folder, name, &st, 0), -1);
	close(folder);
	remove_file(file);
}

/* The control group of this process for processors, in version 1, and one below it that has half a
 * processor; empty where they cannot be. */
static char usual[PATH_MAX], poor[PATH_MAX + 32];

static void find_usual(void)
{
	cleanup(buf_reset) struct buf groups = BUF_INIT;
	char *at, *line;

	assert_int_equal(file_read_at(AT_FDCWD, "/proc/self/cgroup", KIB(64), &groups), 0);
	assert_int_equal(buf_adds(&groups, ""), 0);
	at = groups.data;
	while ((line = strsep(&at, "\n"))) {
		const char *names = strchr(line, ':');
		const char *path = names ? strchr(names + 1, ':') : NULL;

		if (path && (str_starts(names, ":cpu:") || str_starts(names, ":cpu,")))
			snprintf(usual, sizeof(usual), "/sys/fs/cgroup/cpu%s", path + 1);
	}
}

static void write_into(const char *group, const char *name, int value)
{
	char path[sizeof(poor) + 32], text[16];

	snprintf(path, sizeof(path), "%s/%s", group, name);
	snprintf(text, sizeof(text), "%d", value);
	assert_int_equal(file_set_at(AT_FDCWD, path, text), 0);
}

static int become_poor(void **state)
{
	(void)state;
	find_usual();
	snprintf(poor, sizeof(poor), "%s/moat-test-%d", usual, getpid());
	if (!*usual || mkdir(poor, 0755) < 0) {
		*poor = '\0';
		return 0;
	}
	write_into(poor, "cpu.cfs_quota_us", 50000);
	write_into(poor, "cgroup.procs", getpid());
	return 0;
}

static int become_usual(void **state)
{
	char path[sizeof(poor) + 8];

	(void)state;
	if (!*poor)
		return 0;
	attempt_remove_group(NULL);
	write_into(usual, "cgroup.procs", getpid());
	snprintf(path, sizeof(path), "%s/moat", poor);
	rmdir(path);
	return rmdir(poor);
}

static void it_has_one_where_its_starter_may_use_less_than_a_processor(void **state)
{
	if (!*poor) {
		print_message("[  SKIPPED ] no control group of version 1 can be made here\n");
		skip();
	}
	it_has_a_control_group_that_goes_with_it(state);
}

static void a_file_the_jails_user_may_not_read_is_an_error(void **state)
{
	int file = hello_file();
	struct err err = { 0 };
	pid_t pid;

	(void)state;
	if (!described_as("a user of its own")) {
		remove_file(file);
		print_message("[  SKIPPED ] the jail has the same user here\n");
		skip();
	}
	assert_int_equal(fchmod(file, 0600), 0);
	assert_int_equal(
		attempt_spawn(&(struct attempt){ "reopen", NULL, STDERR_FILENO, file }, &pid, &err),
		-EACCES);
	assert_non_null(strstr(err.msg, "chmod"));
	remove_file(file);
}

/* In a child, which is killed then. */
static void spawn_and_tell(int to, int file)
{
	struct err err;
	pid_t pid;

	if (attempt_spawn(&(struct attempt){ "wait", NULL, STDERR_FILENO, file }, &pid, &err) < 0 ||
	    fd_write_all(to, &pid, sizeof(pid)) < 0)
		_exit(1);
	pause();
}

static void a_jail_ends_with_its_starter(void **state)
{
	int ends[2], file = hello_file(), pidfd;
	pid_t starter, jailed = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	starter = fork();
	if (starter == 0)
		spawn_and_tell(ends[1], file);
	assert_int_equal(fd_read_exact(ends[0], &jailed, sizeof(jailed)), 0);
	pidfd = (int)syscall(SYS_pidfd_open, jailed, 0);
	assert_true(pidfd >= 0);
	kill(starter, SIGKILL);
	assert_int_equal(waitpid(starter, NULL, 0), starter);
	assert_true(fd_wait(pidfd, POLLIN, 60000) & POLLIN);
	close(pidfd);
	close(ends[0]);
	close(ends[1]);
	remove_file(file);
}

static void the_description_names_the_filter(void **state)
{
	char *text = jail_describe();

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "seccomp"));
	free(text);
}

static void *do_nothing(void *arg)
{
	return arg;
}

static void *make_threads(void *arg)
{
	const atomic_bool *over = arg;
	pthread_t thread;

	while (!*over)
		if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
			pthread_join(thread, NULL);
	return NULL;
}

/* A child finds the locks of libc as the caller's threads had them when it was made. */
static void threads_that_come_and_go_hold_up_no_description(void **state)
{
	atomic_bool over = false;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, make_threads, &over), 0);
	for (int i = 0; i < DESCRIPTIONS; i++) {
		char *text = jail_describe();

		assert_non_null(text);
		free(text);
	}
	over = true;
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_goes_to_the_log),
		cmocka_unit_test(no_capabilities_and_a_filter),
		cmocka_unit_test(a_missing_program_is_an_error_with_its_name),
		cmocka_unit_test(it_is_alone_in_its_process_namespace),
		cmocka_unit_test(it_has_a_control_group_that_goes_with_it),
		cmocka_unit_test_setup_teardown(
			it_has_one_where_its_starter_may_use_less_than_a_processor, become_poor,
			become_usual),
		cmocka_unit_test(a_file_the_jails_user_may_not_read_is_an_error),
		cmocka_unit_test(a_jail_ends_with_its_starter),
		cmocka_unit_test(the_description_names_the_filter),
		cmocka_unit_test(threads_that_come_and_go_hold_up_no_description),
	};

	if (!attempts_init(argc, argv))
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, attempt_remove_group);
}
