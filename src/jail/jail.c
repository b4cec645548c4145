/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A forked child narrows itself step by step and executes the program:
 * descriptors, namespaces, a root of its own, limits, user and capabilities, Landlock, seccomp.
 * Each step takes away what the next ones do not need, so the order is not free.  The child
 * reports over a pipe: a struct err when a step fails, end of file when exec closed it.
 *
 * Whatever runs in a jail may be taken over by the guest it serves; nothing it says is
 * read here.
 */
#include "jail/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fd.h"
#include "base/str.h"
#include "jail/group.h"
#include "jail/identity.h"
#include "jail/landlock.h"
#include "jail/limits.h"
#include "jail/root.h"
#include "jail/syscalls.h"

struct process {
	pid_t pid;
	int pidfd;
};

static void reset_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &action, NULL);
	/* Writing past RLIMIT_FSIZE is then an error of write(2), and does not end the process.
	 * */
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Gives the jail's descriptors their numbers and moves @report behind them; all others are
 * closed at exec. */
static int arrange_fds(const struct jail *j, int *report)
{
	int past = JAIL_FD_FIRST + (int)j->n_fds;
	int moved[JAIL_FDS_MAX + 2];
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int log_fd = fcntl(j->log_fd, F_DUPFD_CLOEXEC, past + 1);
	int report_fd = fcntl(*report, F_DUPFD_CLOEXEC, past + 1);

	if (null_fd < 0 || log_fd < 0 || report_fd < 0)
		return -errno;
	for (size_t i = 0; i < j->n_fds; i++) {
		moved[i] = fcntl(j->fds[i].fd, F_DUPFD_CLOEXEC, past + 1);
		if (moved[i] < 0)
			return -errno;
	}
	if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(log_fd, STDOUT_FILENO) < 0 ||
	    dup2(log_fd, STDERR_FILENO) < 0 || dup3(report_fd, past, O_CLOEXEC) < 0)
		return -errno;
	*report = past;
	for (size_t i = 0; i < j->n_fds; i++)
		if (dup2(moved[i], JAIL_FD_FIRST + (int)i) < 0)
			return -errno;
	return syscall(SYS_close_range, past + 1, ~0U, 0) < 0 ? -errno : 0;
}

/*
 * Has the kernel kill this process when its parent ends.  A change of user clears that, so it is
 * set after the change.  The parent may have ended before: then nobody reads the pipe @report
 * any more, which poll() shows as POLLERR.
 */
static int die_with_parent(int report, struct err *err)
{
	struct pollfd p = { .fd = report };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_errno(err, -errno, "parent death signal");
	if (poll(&p, 1, 0) < 0)
		return err_errno(err, -errno, "report");
	return p.revents & POLLERR ? err_set(err, -ESRCH, "the starter has died") : 0;
}

/* Refuses a descriptor that cannot be opened again, with a message that says what it is
 * ("kernel"): the program would only say that it cannot open /dev/fd/3. */
static int check_names(const struct jail *j, struct err *err)
{
	for (size_t i = 0; i < j->n_fds; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dev/fd/%zu", JAIL_FD_FIRST + i);
		if (j->fds[i].memory && access(path, R_OK | W_OK) < 0)
			return err_errno(err, -errno, "%s: cannot be opened by user %u",
					 j->fds[i].name, geteuid());
		if (j->fds[i].reopen && access(path, R_OK) < 0)
			return err_set(
				err, -errno,
				"%s: its file must be readable by user %u, who it runs as: %s "
				"(chmod o+r)",
				j->fds[i].name, geteuid(), strerror(errno));
	}
	return 0;
}

/* Of a zygote: to give what is forked of it another user and a process namespace. */
static const int kept[] = { CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID, CAP_SETPCAP };

static int enter_jail(const struct jail *j, const struct identity *who, int report, struct err *err)
{
	cleanup_strv char **names = NULL;
	bool rooted;
	int r = limits_set(j, err);

	if (r == 0)
		r = root_find_names(j, &names, err);
	if (r < 0)
		return r;
	r = identity_unshare(who, err);
	if (r == 0)
		r = root_enter(j, names, who->target, &rooted, err);
	else if (r == -EPERM && !j->forks)
		r = 0;
	if (r == 0)
		r = j->forks ? identity_keep(who->target, kept, ARRAY_SIZE(kept), err)
			     : identity_drop(who->target, err);
	if (r == 0 && !j->forks)
		r = limits_set_threads(j, who, err);
	if (r == 0)
		r = check_names(j, err);
	if (r == 0)
		r = die_with_parent(report, err);
	if (r == 0)
		r = landlock_restrict(j, err);
	return r == 0 ? syscalls_restrict(j, err) : r;
}

/* A library is named by its descriptor, /dev/fd/N: the jail's user need not be able to search
 * the library's folder, and nothing has to be quoted. */
static void name_libraries(const struct jail *j, char *ret, size_t size)
{
	size_t len = 0;

	*ret = '\0';
	for (size_t i = 0; i < j->n_fds && len < size; i++)
		if (j->fds[i].library)
			len += (size_t)snprintf(ret + len, size - len, "%s/dev/fd/%zu",
						len == 0 ? "LD_PRELOAD=" : ":", JAIL_FD_FIRST + i);
}

static int run_program(const struct jail *j, const struct identity *who, int *report,
		       struct err *err)
{
	char path[] = "PATH=/usr/bin:/bin", locale[] = "LC_ALL=C";
	char libraries[64];
	char *environment[5] = { path, locale };
	size_t n = 2;
	int r;

	name_libraries(j, libraries, sizeof(libraries));
	if (*libraries)
		environment[n++] = libraries;
	if (j->setting)
		environment[n++] = (char *)(uintptr_t)j->setting;
	reset_signals();
	r = arrange_fds(j, report);
	if (r < 0)
		return err_errno(err, r, "descriptors");
	r = enter_jail(j, who, *report, err);
	if (r < 0)
		return r;
	execve(j->argv[0], j->argv, environment);
	return err_errno(err, -errno, "%s", j->argv[0]);
}

/* Waits for the child's report.  The pipe's end without a message means success: exec has closed
 * it. */
static int await_report(int fd, struct err *err)
{
	struct err got = { 0 };
	int r = fd_read_exact(fd, &got, sizeof(got));

	if (r == -ENODATA && got.code == 0)
		return 0;
	if (r < 0)
		return err_errno(err, r, "report");
	got.msg[sizeof(got.msg) - 1] = '\0';
	return err_set(err, got.code < 0 ? got.code : -EPROTO, "%s", got.msg);
}

/* Runs in the child, and never returns. */
static void run_child(const struct jail *j, const struct identity *who, int report,
		      const struct jail_group *group)
{
	struct err e = { 0 };
	int r = group ? group_join(group) : 0;

	if (r < 0)
		err_errno(&e, r, "control group");
	else
		run_program(j, who, &report, &e);
	_exit(fd_write_all(report, &e, sizeof(e)) < 0 ? 126 : 127);
}

static int spawn_in(const struct jail *j, const struct jail_group *group, int group_fd,
		    struct process *ret, struct err *err)
{
	cleanup_close int from = -1, to = -1, pidfd = -1;
	struct identity who;
	int ends[2];
	pid_t pid;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "jail: pipe");
	from = ends[0];
	to = ends[1];
	pid = identity_fork(group_fd, j->forks > 0, &who, &pidfd);
	if (pid < 0)
		return err_errno(err, pid, "jail: fork");
	if (pid == 0)
		run_child(j, &who, to, group_fd < 0 ? group : NULL);
	close(take_fd(&to));
	r = await_report(from, err);
	if (r < 0) {
		child_kill(pid);
		err_wrap(err, "jail");
		return r;
	}
	*ret = (struct process){ pid, take_fd(&pidfd) };
	return 0;
}

int jail_spawn(const struct jail *j, pid_t *ret_pid, int *ret_pidfd, struct jail_group *ret_group,
	       struct err *err)
{
	struct jail_group group = JAIL_GROUP_NONE;
	cleanup_close int group_fd = -1;
	struct process process = { 0 };
	int r;

	if (j->n_fds > JAIL_FDS_MAX)
		return err_set(err, -EINVAL, "jail: too many descriptors");
	/* Without a control group the limits of the process itself remain (limits.c). */
	(void)group_make(j, &group, &group_fd, NULL);
	r = spawn_in(j, &group, group_fd, &process, err);
	if (r < 0) {
		group_remove(&group);
		return r;
	}
	*ret_pid = process.pid;
	*ret_pidfd = process.pidfd;
	*ret_group = group;
	return 0;
}
