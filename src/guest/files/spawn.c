/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The process that works on a container's files for the host is not the
 * container's: it is forked into moat-init's pid namespace, so that nobody in the container can
 * see, stop or trace it.
 */
#include "guest/files/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "guest/files/files.h"

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

/* Closes all descriptors but @keep, which is sorted here.  A pipe of another process has no end
 * while this one has it open, too. */
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

int files_spawn(const struct container *c, const struct link_files *f, struct spawned *ret,
		struct err *err)
{
	const struct oci_process like = { .open_stdin = f->op == LINK_FILES_PUT };
	cleanup_close int reader = -1, writer = -1;
	struct spawned s = { 0 };
	int fds[2], r;

	if (c->had_first && c->first_pid == 0)
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
	s.pid = fork();
	r = s.pid < 0 ? -errno : 0;
	if (s.pid == 0) {
		struct files_job job = { .container = c, .files = f, .status_fd = writer };

		int keep[] = { writer, c->first_pidfd, c->cgroup.fd };

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
