/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "jail/describe.h"
#include "jail/group.h"
#include "jail/jail.h"
#include "jail/syscalls.h"

/* The program that tries to break out, and a library for it; from the command line. */
static char *intruder, *library;

/* Of the last jail that was made. */
static struct jail_group group = JAIL_GROUP_NONE;

/* A file that its path leads to, with "hello" in it. */
static int hello_file(void)
{
	char path[] = "/tmp/moat-jail-XXXXXX";
	int fd = mkstemp(path), ro;

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, "hello", 5), 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(ro >= 0);
	/* Its name has to be there for as long as jails are made of it. */
	close(fd);
	return ro;
}

static void remove_file(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	assert_true(n > 0);
	path[n] = '\0';
	unlink(path);
	close(fd);
}

static int spawn(const char *attempt, int log_fd, int file, pid_t *ret_pid, struct err *err)
{
	const char *expose[] = { intruder,     "/lib",		 "/lib64",	     "/usr/lib",
				 "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", NULL };
	const char *const devices[] = { "/dev/null", NULL };
	const unsigned long ioctls[] = { KVM_GET_API_VERSION };
	char *argv[] = { intruder, (char *)(uintptr_t)attempt, NULL };
	cleanup_close int library_fd = open(library, O_RDONLY | O_CLOEXEC);
	struct jail_fd fds[] = {
		{ .name = "hello", .fd = file, .reopen = true },
		{ .name = "library", .fd = library_fd, .reopen = true, .library = true },
	};
	struct jail j = { .argv = argv,
			  .expose = expose,
			  .devices = devices,
			  .fds = fds,
			  .n_fds = streq(attempt, "library") ? 2 : 1,
			  .log_fd = log_fd,
			  .ioctls = ioctls,
			  .n_ioctls = 1,
			  .threads = 8,
			  .cpus = 1,
			  .memory_bytes = MIB(128),
			  .file_bytes = MIB(1) };
	int pidfd = -1;
	int r;

	group_remove(&group);
	r = jail_spawn(&j, ret_pid, &pidfd, &group, err);

	if (r == 0) {
		assert_true(pidfd >= 0);
		close(pidfd);
	}
	return r;
}

/* Return: as waitpid() gives it. */
static int attempt(const char *what)
{
	int file = hello_file(), status;
	struct err err;
	pid_t pid;

	if (spawn(what, STDERR_FILENO, file, &pid, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	group_remove(&group);
	remove_file(file);
	return status;
}

static void assert_works(const char *what)
{
	int status = attempt(what);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: status %x", what, (unsigned)status);
}

static void assert_fails(const char *what, int error, int or_error)
{
	int status = attempt(what);

	if (!WIFEXITED(status) || (WEXITSTATUS(status) != error && WEXITSTATUS(status) != or_error))
		fail_msg("%s: status %x", what, (unsigned)status);
}

static void assert_killed(const char *what)
{
	int status = attempt(what);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("%s: status %x", what, (unsigned)status);
}

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

static void output_goes_to_the_log(void **state)
{
	int log_fd = memfd_create("log", MFD_CLOEXEC), file = hello_file();
	char text[16] = "";
	struct err err;
	pid_t pid;

	(void)state;
	assert_int_equal(spawn("log", log_fd, file, &pid, &err), 0);
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
	assert_int_equal(spawn("wait", STDERR_FILENO, file, &pid, &err), 0);
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
	char *saved = intruder;
	int file = hello_file();
	struct err err = { 0 };
	pid_t pid;

	(void)state;
	intruder = (char[]){ "/usr/lib/no-such-program" };
	assert_int_equal(spawn("nothing", STDERR_FILENO, file, &pid, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/usr/lib/no-such-program"));
	intruder = saved;
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
	assert_int_equal(spawn("wait", STDERR_FILENO, file, &pid, &err), 0);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	snprintf(name, sizeof(name), "/moat/%s\n", group.name);
	assert_int_equal(file_read_at(AT_FDCWD, path, KIB(64), &groups), 0);
	assert_non_null(strstr(groups.data, name));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	folder = dup(group.folders[0]);
	snprintf(name, sizeof(name), "%s", group.name);
	assert_int_equal(fstatat(folder, name, &st, 0), 0);
	group_remove(&group);
	assert_int_equal(fstatat(folder, name, &st, 0), -1);
	close(folder);
	remove_file(file);
}

#ifndef __SANITIZE_ADDRESS__ /* there it has none */
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
	assert_int_equal(spawn("grow", log_fd, file, &pid, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EFBIG);
	close(log_fd);
	remove_file(file);
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
	assert_int_equal(spawn("reopen", STDERR_FILENO, file, &pid, &err), -EACCES);
	assert_non_null(strstr(err.msg, "chmod"));
	remove_file(file);
}

/* In a child, which is killed then. */
static void spawn_and_tell(int to, int file)
{
	struct err err;
	pid_t pid;

	if (spawn("wait", STDERR_FILENO, file, &pid, &err) < 0 ||
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

static void execute(void)
{
	execl("/bin/true", "true", NULL);
}

static void make_process(void)
{
	if (fork() == 0)
		_exit(0);
}

static void make_code(void)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void signal_another(void)
{
	kill(getppid(), 0);
}

static void do_nothing(void)
{
	free(malloc(1 << 20));
	(void)fcntl(0, F_GETFL);
}

/* Return: as waitpid() gives it, of a process that has narrowed itself. */
static int do_narrowed(void (*what)(void))
{
	static const int calls[] = { SYS_accept4 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (syscalls_narrow(calls, 1, NULL) < 0)
			_exit(200);
		/* Of the two lists that have it the narrowed process's own counts. */
		if (accept4(0, NULL, NULL, 0) == 0 || errno == ENOSYS)
			_exit(201);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void who_narrows_himself_goes_on_and_begins_nothing(void **state)
{
	void (*const attacks[])(void) = { execute, make_process, make_code, signal_another };

	(void)state;
	assert_int_equal(do_narrowed(do_nothing), 0);
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		int status = do_narrowed(attacks[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%zu: status %x", i, (unsigned)status);
	}
}

static void the_description_names_the_filter(void **state)
{
	char *text = jail_describe();

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "seccomp"));
	free(text);
}

static int remove_group(void **state)
{
	(void)state;
	group_remove(&group);
	return 0;
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
		cmocka_unit_test(attacks_end_the_process),
		cmocka_unit_test(other_processes_cannot_be_reached),
		cmocka_unit_test(limits_can_be_read_and_not_set),
		cmocka_unit_test(files_signal_nobody),
		cmocka_unit_test(devices_take_the_listed_commands_only),
		cmocka_unit_test(it_is_alone_in_its_process_namespace),
		cmocka_unit_test(it_has_a_control_group_that_goes_with_it),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(memory_has_a_bound),
#endif
		cmocka_unit_test(threads_have_a_bound),
		cmocka_unit_test(files_have_a_bound),
		cmocka_unit_test(no_file_grows_and_none_is_made_of_memory),
		cmocka_unit_test(output_goes_to_the_log),
		cmocka_unit_test(no_capabilities_and_a_filter),
		cmocka_unit_test(a_missing_program_is_an_error_with_its_name),
		cmocka_unit_test(a_file_the_jails_user_may_not_read_is_an_error),
		cmocka_unit_test(a_jail_ends_with_its_starter),
		cmocka_unit_test(who_narrows_himself_goes_on_and_begins_nothing),
		cmocka_unit_test(the_description_names_the_filter),
	};

	if (argc != 3)
		return 2;
	intruder = realpath(argv[1], NULL);
	library = argv[2];
	return intruder ? cmocka_run_group_tests(tests, NULL, remove_group) : 2;
}
