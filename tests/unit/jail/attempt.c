/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "attempt.h"
#include "base/fd.h"
#include "base/str.h"
#include "jail/jail.h"

/* The program that tries to break out, and a library for it; from the command line. */
static char *intruder, *library;

/* Of the last jail that was made. */
static struct jail_group group = JAIL_GROUP_NONE;

int hello_file(void)
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

void remove_file(int fd)
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

bool attempts_init(int argc, char **argv)
{
	if (argc != 3)
		return false;
	intruder = realpath(argv[1], NULL);
	library = argv[2];
	return intruder != NULL;
}

const struct jail_group *attempt_group(void)
{
	return &group;
}

int attempt_remove_group(void **state)
{
	(void)state;
	group_remove(&group);
	return 0;
}

int attempt_spawn(const struct attempt *a, pid_t *ret_pid, struct err *err)
{
	const char *program = a->program ? a->program : intruder;
	const char *expose[] = { program,      "/lib",		 "/lib64",	     "/usr/lib",
				 "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", NULL };
	const char *const devices[] = { "/dev/null", NULL };
	const unsigned long ioctls[] = { KVM_GET_API_VERSION };
	char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)a->what, NULL };
	cleanup_close int library_fd = open(library, O_RDONLY | O_CLOEXEC);
	struct jail_fd fds[] = {
		{ .name = "hello", .fd = a->file, .reopen = true },
		{ .name = "library", .fd = library_fd, .reopen = true, .library = true },
	};
	struct jail j = { .argv = argv,
			  .expose = expose,
			  .devices = devices,
			  .fds = fds,
			  .n_fds = streq(a->what, "library") ? 2 : 1,
			  .log_fd = a->log_fd,
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

int attempt(const char *what)
{
	int file = hello_file(), status;
	struct err err;
	pid_t pid;

	if (attempt_spawn(&(struct attempt){ what, NULL, STDERR_FILENO, file }, &pid, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	group_remove(&group);
	remove_file(file);
	return status;
}

void assert_works(const char *what)
{
	int status = attempt(what);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: status %x", what, (unsigned)status);
}

void assert_fails(const char *what, int error, int or_error)
{
	int status = attempt(what);

	if (!WIFEXITED(status) || (WEXITSTATUS(status) != error && WEXITSTATUS(status) != or_error))
		fail_msg("%s: status %x", what, (unsigned)status);
}

void assert_killed(const char *what)
{
	int status = attempt(what);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("%s: status %x", what, (unsigned)status);
}
