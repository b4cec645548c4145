/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "guest/container/devices.h"
#include "guest/process/child.h"

/* As fork(2), into the container's cgroup, and the first time into a mount namespace of its own. */
static int fork_child(struct machine *m, bool is_first, pid_t *ret_pid)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (unsigned)m->cgroup.fd,
	};
	long pid;

	if (is_first) {
		args.flags |= CLONE_NEWNS | CLONE_PIDFD;
		args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid > 0 && is_first) {
		m->had_first = true;
		m->first_pid = (pid_t)pid;
		m->first_pidfd = pidfd;
		mounts_release(&m->mounts);
	}
	*ret_pid = (pid_t)pid;
	return 0;
}

static int start(struct machine *m, const struct oci_process *p, struct spawned *s, struct err *err)
{
	cleanup_close int reader = -1, writer = -1;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "make a pipe");
	reader = fds[0];
	writer = fds[1];
	r = fd_set_nonblock(reader, true);
	if (r == 0)
		r = fork_child(m, s->is_first, &s->pid);
	if (r < 0)
		return err_errno(err, r, "start a process");
	if (s->pid == 0)
		child_run(&(struct child_plan){ .machine = m,
						.process = p,
						.stdfds = &s->stdfds,
						.status_fd = writer,
						.is_first = s->is_first });
	s->status_fd = take_fd(&reader);
	return 0;
}

int spawn_process(struct machine *m, const struct oci_process *p, struct spawned *ret,
		  struct err *err)
{
	struct spawned s = { .is_first = !m->had_first };
	int r;

	if (m->had_first && m->first_pid == 0)
		return err_set(err, -ESRCH, "the container is not running");
	if (s.is_first && m->options.privileged && m->cgroup.devices_fd >= 0) {
		r = devices_allow_all(m->cgroup.fd, m->cgroup.devices_fd, err);
		if (r < 0)
			return r;
	}
	r = stdfds_open(p, m->mounts.pts_fd, &s.stdfds, err);
	if (r < 0)
		return r;
	r = start(m, p, &s, err);
	stdfds_close_theirs(&s.stdfds);
	if (r < 0) {
		stdfds_close(&s.stdfds);
		return r;
	}
	*ret = s;
	return 0;
}
