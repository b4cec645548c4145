/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  dnsmasq reads questions of containers and answers from outside, and may be
 * taken over.  It comes from a process that has a root, namespaces and a user of its own already,
 * and no privilege but two capabilities over this network namespace.  Of that it gets less: one
 * capability or none, no file but its program, libraries and what is written for it, nothing that
 * can be written, a list of system calls, and limits.  It can make processes, as it does for each
 * connection; they are held by the same.
 *
 * What is done between fork and exec is done by this process's copy, which has one thread.
 */
#include "net/inside/resolver-jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/spawn.h"
#include "jail/landlock.h"
#include "jail/syscalls.h"
#include "net/inside/names.h"

#define MEMORY_MAX MIB(64)
#define FILES_MAX  4096u

static const int calls[] = {
	/* for questions, answers, and sets of the rules */
	SYS_socket,
	SYS_bind,
	SYS_connect,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	SYS_shutdown,
	SYS_sendto,
	SYS_recvfrom,
	SYS_sendmsg,
	SYS_recvmsg,
	SYS_setsockopt,
	SYS_getsockopt,
	SYS_getsockname,
	SYS_getpeername,
	/* for its processes, and news of them */
	SYS_wait4,
	SYS_pipe2,
	SYS_setitimer,
	SYS_timer_settime,
	SYS_pselect6,
	/* for what it looks up when it begins */
	SYS_capget,
	SYS_umask,
	SYS_chdir,
#ifdef SYS_alarm
	SYS_alarm,
	SYS_pipe,
	SYS_select,
#endif
};

static const unsigned long commands[] = { SIOCGIFFLAGS, SIOCGIFNAME, SIOCGIFMTU, SIOCGIFINDEX,
					  SIOCGIFADDR };

/* Sets the soft and the hard limit, so that neither can be raised again. */
static int set_limits(void)
{
	static const struct {
		int which;
		rlim_t most;
	} limits[] = {
		{ RLIMIT_DATA, MEMORY_MAX }, { RLIMIT_NOFILE, FILES_MAX }, { RLIMIT_FSIZE, 0 },
		{ RLIMIT_CORE, 0 },	     { RLIMIT_MEMLOCK, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const struct rlimit limit = { limits[i].most, limits[i].most };

		if (syscall(SYS_prlimit64, 0, limits[i].which, &limit, NULL) < 0)
			return -errno;
	}
	return 0;
}

static int drop_ambient(bool sets)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	if (sets && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) < 0)
		return -errno;
	return 0;
}

static int take_descriptors(int output_fd)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output_fd, STDOUT_FILENO) < 0 ||
	    dup2(output_fd, STDERR_FILENO) < 0)
		return -errno;
	return close_range(STDERR_FILENO + 1, ~0U, 0) < 0 ? -errno : 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int narrow_process(const char *program, struct err *err)
{
	const char *const expose[] = { program,	      "/lib",	    "/lib64",
				       "/usr/lib",    "/usr/lib64", "/etc/ld.so.cache",
				       "/etc/passwd", NAMES_FOLDER, NULL };
	static const char *const devices[] = { "/dev/null", "/dev/urandom", NULL };
	const struct jail j = { .expose = expose,
				.devices = devices,
				.serves = true,
				.syscalls = calls,
				.n_syscalls = ARRAY_SIZE(calls),
				.ioctls = commands,
				.n_ioctls = ARRAY_SIZE(commands) };
	int r = landlock_restrict(&j, err);

	return r == 0 ? syscalls_restrict(&j, err) : r;
}

static int become_resolver(const char *const *argv, int output_fd, bool sets, struct err *err)
{
	int r;

	reset_signals();
	r = take_descriptors(output_fd);
	if (r == 0)
		r = drop_ambient(sets);
	if (r == 0)
		r = set_limits();
	if (r < 0)
		return err_errno(err, r, "narrowing it");
	r = narrow_process(argv[0], err);
	if (r < 0)
		return r;
	execve(argv[0], spawn_argv(argv), environ);
	return err_errno(err, -errno, "%s", argv[0]);
}

int resolver_jail_start(const char *const *argv, int output_fd, bool sets, pid_t *ret_pid)
{
	pid_t pid = fork();
	struct err err = { 0 };

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		become_resolver(argv, output_fd, sets, &err);
		dprintf(STDERR_FILENO, "%s\n", err.msg);
		_exit(127);
	}
	*ret_pid = pid;
	return 0;
}
