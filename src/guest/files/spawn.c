/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What works on the container's files for the host is a process of
 * moat-init's own making, not of the container's: it is forked into moat-init's pid namespace, so
 * that nobody in the container can see, stop or trace it, and it cannot become the first process
 * of a container that was not started.
 */
#include "guest/files/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"

static int enter_namespace(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 || setns(fd, CLONE_NEWPID) < 0 ? -errno : 0;
}

/* As fork(2), into moat-init's own pid namespace.  A machine that has no process of a container yet
 * will not get one after this. */
static int fork_outside(struct machine *m, pid_t *ret_pid)
{
	int r = enter_namespace("/proc/self/ns/pid");
	pid_t pid;

	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		r = -errno;
	if (pid != 0 && m->first_pidfd >= 0 && setns(m->first_pidfd, CLONE_NEWPID) < 0 && r == 0)
		r = 0; /* it has just ended, and nothing is started in its namespace any more */
	*ret_pid = pid;
	return r;
}

static void take_stdio(const struct stdfds *s)
{
	sigset_t none;

	for (int i = 0; i < 3; i++)
		if (dup2(s->theirs[i], i) < 0)
			_exit(125);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(0);
	setsid();
	(void)file_set_at(AT_FDCWD, "/proc/self/oom_score_adj", "0");
}

/* Of the others' pipes above all: one that is open here does not end there.  @keep: sorted here */
static void close_others(int *keep, size_t n)
{
	int from = 3;

	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && keep[k] < keep[k - 1]; k--) {
			int swap = keep[k];

			keep[k] = keep[k - 1];
			keep[k - 1] = swap;
		}
	for (size_t i = 0; i < n; i++) {
		if (keep[i] > from)
			close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
		if (keep[i] >= from)
			from = keep[i] + 1;
	}
	close_range((unsigned)from, ~0U, 0);
}

int files_spawn(struct machine *m, const struct link_files *f, struct spawned *ret, struct err *err)
{
	const struct oci_process like = { .open_stdin = f->op == LINK_FILES_PUT };
	cleanup_close int reader = -1, writer = -1;
	struct spawned s = { 0 };
	int fds[2], r;

	if (m->had_first && m->first_pid == 0)
		return err_set(err, -ESRCH, "the container is not running");
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "make a pipe");
	reader = fds[0];
	writer = fds[1];
	r = fd_set_nonblock(reader, true);
	if (r < 0)
		return err_errno(err, r, "make a pipe");
	r = stdfds_open(&like, -1, &s.stdfds, err);
	if (r < 0)
		return r;
	r = fork_outside(m, &s.pid);
	if (r == 0 && s.pid == 0) {
		struct files_job job = { .machine = m, .files = f, .status_fd = writer };

		int keep[] = { writer, m->first_pidfd, m->cgroup.fd };

		take_stdio(&s.stdfds);
		close_others(keep, ARRAY_SIZE(keep));
		files_run(&job);
	}
	stdfds_close_theirs(&s.stdfds);
	if (r < 0) {
		stdfds_close(&s.stdfds);
		return err_errno(err, r, "start a process");
	}
	s.status_fd = take_fd(&reader);
	*ret = s;
	return 0;
}
