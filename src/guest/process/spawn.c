/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "guest/container/devices.h"
#include "guest/process/child.h"

#define CGROUP_TRIES 10

static int clone_into(int cgroup_fd, struct clone_args *args, pid_t *ret_pid)
{
	long pid;

	args->flags |= CLONE_INTO_CGROUP;
	args->exit_signal = SIGCHLD;
	args->cgroup = (unsigned)cgroup_fd;
	pid = syscall(SYS_clone3, args, sizeof(*args));
	if (pid < 0)
		return -errno;
	*ret_pid = (pid_t)pid;
	return 0;
}

/* The first process makes the container's pid and mount namespaces. */
static int fork_first(struct container *c, pid_t *ret_pid)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
	};
	int r = clone_into(c->cgroup.fd, &args, ret_pid);

	if (r < 0 || *ret_pid == 0)
		return r;
	c->had_first = true;
	c->first_pid = *ret_pid;
	c->first_pidfd = pidfd;
	mounts_release(&c->mounts);
	return 0;
}

/*
 * Forks into the cgroup of the first process.  The container's own cgroup takes no process any more
 * when the container, as systemd does, has made others below it and given them controllers.
 */
static int clone_beside(const struct container *c, pid_t *ret_pid)
{
	struct clone_args args = { 0 };
	int r = -EBUSY;

	/* Failures are tried again, as the container may be making or removing cgroups at this
	 * moment. */
	for (int i = 0; i < CGROUP_TRIES && (r == -EBUSY || r == -ENODEV || r == -ENOENT); i++) {
		cleanup_close int fd = -1;

		r = cgroup_open_of(&c->cgroup, c->first_pid, &fd);
		if (r == 0)
			r = clone_into(fd, &args, ret_pid);
	}
	return r;
}

/* A process is born into the pid namespace that its parent has set for its children: for a moment
 * moat-init sets the container's. */
static int fork_further(struct container *c, pid_t *ret_pid)
{
	int r;

	if (setns(c->first_pidfd, CLONE_NEWPID) < 0)
		return -errno;
	r = clone_beside(c, ret_pid);
	if (r == 0 && *ret_pid == 0)
		return 0;
	if (setns(c->machine->pid_fd, CLONE_NEWPID) < 0 && r == 0)
		r = -errno;
	return r;
}

static int start_child(struct container *c, const struct oci_process *p, struct spawned *s,
		       struct err *err)
{
	cleanup_close int reader = -1, writer = -1;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "make a pipe");
	reader = fds[0];
	writer = fds[1];
	r = fd_set_nonblock(reader, true);
	if (r == 0)
		r = s->is_first ? fork_first(c, &s->pid) : fork_further(c, &s->pid);
	if (r < 0)
		return err_errno(err, r, "start a process");
	if (s->pid == 0)
		child_run(&(struct child_plan){ .container = c,
						.process = p,
						.stdfds = &s->stdfds,
						.status_fd = writer,
						.is_first = s->is_first });
	s->status_fd = take_fd(&reader);
	return 0;
}

int spawn_process(struct container *c, const struct oci_process *p, struct spawned *ret,
		  struct err *err)
{
	struct spawned s = { .is_first = !c->had_first };
	int r;

	if (c->had_first && c->first_pid == 0)
		return err_set(err, -ESRCH, "the container is not running");
	if (s.is_first && c->options.privileged && c->cgroup.devices_fd >= 0) {
		r = devices_allow_all(c->cgroup.fd, c->cgroup.devices_fd, err);
		if (r < 0)
			return r;
	}
	r = stdfds_open(p, c->mounts.pts_fd, &s.stdfds, err);
	if (r < 0)
		return r;
	r = start_child(c, p, &s, err);
	stdfds_close_theirs(&s.stdfds);
	if (r < 0) {
		stdfds_close(&s.stdfds);
		return r;
	}
	*ret = s;
	return 0;
}
