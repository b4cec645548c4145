/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Copying files of a stopped container takes a machine that has its disks.
 * It is made like the one for a run, but the container's process is not started, and the watcher
 * does not listen to it, so nothing that happens to it counts as the container's life.  A thread
 * here holds it while it is used, and waits for its shim to end.  It has the container's mounts
 * where somebody wants what is in them; who wants what is in the layer does not depend on whether
 * they can be had.
 *
 * Two machines must not have the same disks.  So a start ends this machine first, after those
 * who use it are done; and who wants to use it during a start waits for the container's op lock.
 */
#include "daemon/container/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fd.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "control/client.h"
#include "control/kill.h"
#include "daemon/container/prepare.h"

#define BUSY_MSEC   10000 /* a start waits so long for whoever copies files */
#define KILL_MSEC   10000
#define IDLE_MSEC   3000 /* a machine that nobody uses stays so long */
#define LOOK_MSEC   250
#define SERVER_MSEC 2000 /* for moat-fs to end after its machine */

/* The thread that waits for the end of a machine. */
struct reaper {
	struct container *c; /* a reference */
	pid_t pid;
	struct container_shares shares;
	char tap[CONTROL_TAP_MAX + 1];
};

static void let_go(struct container *c)
{
	mutex_hold(&c->table->lock);
	fd_close(&c->files.hold_fd);
}

/* Has nobody used the machine for a while?  It is kept that long because `docker cp` asks two or
 * three things in a row. */
static bool is_unused_for_long(struct container *c, unsigned *idle)
{
	bool used;

	pthread_mutex_lock(&c->table->lock);
	used = c->files.users > 0;
	pthread_mutex_unlock(&c->table->lock);
	*idle = used ? 0 : *idle + LOOK_MSEC;
	return *idle >= IDLE_MSEC;
}

static void set_down(struct container *c)
{
	pthread_mutex_lock(&c->table->lock);
	c->files.up = c->files.mounts = c->files.filled = false;
	pthread_mutex_unlock(&c->table->lock);
	hub_wake(c->table->hub);
}

/* Waits for the file server, which ends when its machine has.  One that hangs in a file system of
 * the host's ends only when that answers. */
static void await_server(const struct container_shares *s)
{
	cleanup_close int pidfd = s->pid > 0 ? (int)syscall(SYS_pidfd_open, s->pid, 0) : -1;

	if (pidfd < 0 || fd_wait(pidfd, POLLIN, SERVER_MSEC) != 0)
		return;
	kill(s->pid, SIGKILL);
	(void)fd_wait(pidfd, POLLIN, SERVER_MSEC);
}

static bool is_filled(struct container *c)
{
	mutex_hold(&c->table->lock);
	return c->files.filled;
}

static void remove_folder(struct container *c)
{
	cleanup_close int dir_fd = openat(c->table->dir_fd, c->rec.id,
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir_fd >= 0)
		machine_unlink(c->table->machines, dir_fd, MACHINE_FILES_LINK);
}

static void *run_reaper(void *arg)
{
	struct reaper *r = arg;
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	unsigned idle = 0;

	while (pidfd >= 0 && fd_wait(pidfd, POLLIN, LOOK_MSEC) == 0)
		if (is_unused_for_long(r->c, &idle))
			let_go(r->c);
	(void)child_await(r->pid, NULL);
	await_server(&r->shares);
	if (!is_filled(r->c))
		container_shares_settle(r->c, false);
	taps_put_back(&r->c->table->machines->taps, r->tap);
	let_go(r->c);
	remove_folder(r->c);
	set_down(r->c);
	container_unref(r->c);
	container_shares_reset(&r->shares);
	free(r);
	return NULL;
}

/* @shares: its pid is taken over */
static int start_reaper(struct container *c, const struct lease *lease,
			struct container_shares *shares)
{
	struct reaper *r = malloc(sizeof(*r));
	int code;

	if (!r)
		return -ENOMEM;
	*r = (struct reaper){ .c = container_ref(c),
			      .pid = lease->pid,
			      .shares = { -1, shares->pid } };
	memcpy(r->tap, lease->tap, sizeof(r->tap));
	code = thread_start(NULL, run_reaper, r);
	if (code == 0) {
		shares->pid = 0;
		return 0;
	}
	container_unref(c);
	free(r);
	return code;
}

static int launch_for_files(struct container *c, bool mounts, struct err *err)
{
	cleanup(prepared_reset) struct prepared with = PREPARED_NONE;
	struct lease_request rq = { .purpose = mounts ? LEASE_ALL_FILES : LEASE_FILES,
				    .container = c->rec.id,
				    .secrets_fd = -1 };
	struct lease lease;
	int r = container_prepare(c, rq.purpose, &with, err);

	if (r < 0)
		return r;
	rq.host = with.host;
	rq.dir_fd = with.dir_fd;
	rq.share_fd = with.shares.control_fd;
	r = lease_take(c->table->machines, &rq, &lease, err);
	if (r < 0)
		return r == -ENOENT ? -EIO : r;
	/* Set before the reaper is there, which closes it. */
	pthread_mutex_lock(&c->table->lock);
	c->files.hold_fd = take_fd(&lease.hold_fd);
	pthread_mutex_unlock(&c->table->lock);
	r = start_reaper(c, &lease, &with.shares);
	if (r == 0)
		return 0;
	let_go(c);
	lease_end(c->table->machines, &lease);
	return err_errno(err, r, "watch moat-shim");
}

/* Under the table's lock. */
static bool is_down(const struct container *c, const void *arg)
{
	(void)arg;
	return !c->files.up;
}

static bool is_free(const struct container *c, const void *arg)
{
	(void)arg;
	return c->files.users == 0;
}

int container_yield(struct container *c, bool patient, bool keep, struct err *err)
{
	if (!container_is_held(c))
		return 0;
	if (patient && container_wait(c, is_free, NULL, BUSY_MSEC, -1) < 0)
		return err_set(err, -EBUSY,
			       "files of container %.12s are being copied: try again when that is "
			       "done",
			       c->rec.id);
	if (keep) {
		(void)shim_ask_end(container_files_shim(c), CONTROL_SHUTDOWN, NULL);
		if (container_wait(c, is_down, NULL, SHIM_DISKS_MSEC, -1) == 0)
			return 0;
	}
	(void)shim_ask_end(container_files_shim(c), CONTROL_KILL, NULL);
	if (container_wait(c, is_down, NULL, KILL_MSEC, -1) == 0)
		return 0;
	return err_set(err, -ETIMEDOUT,
		       "the machine for the files of container %.12s does not end: see its "
		       "shim.log",
		       c->rec.id);
}

/* Has the container mounts for a machine without its processes?  Those in memory are gone. */
static bool has_mounts(const struct container *c)
{
	for (size_t i = 0; i < c->mounts.n; i++)
		if (c->mounts.list[i].type != MOUNT_TMPFS)
			return true;
	return false;
}

/* Ends a machine without mounts, where one with mounts is wanted.  Under the op lock. */
static int make_way(struct container *c, struct err *err)
{
	bool lacks;

	pthread_mutex_lock(&c->table->lock);
	lacks = c->files.up && !c->files.mounts;
	pthread_mutex_unlock(&c->table->lock);
	return lacks ? container_yield(c, true, true, err) : 0;
}

/* Has a machine for the files, making one where there is none.  Under the op lock. */
static int hold_locked(struct container *c, bool mounts, bool *ret_stopped, struct err *err)
{
	bool running, up;
	int r = 0;

	pthread_mutex_lock(&c->table->lock);
	running = container_is(c, STATES_SHIM);
	if (container_is(c, STATES_GONE))
		r = err_set(err, -ENOENT, "No such container: %s", c->rec.id);
	up = c->files.up;
	if (r == 0 && !running) {
		c->files.mounts = up ? c->files.mounts : mounts;
		c->files.up = true;
		c->files.users++;
	}
	pthread_mutex_unlock(&c->table->lock);
	*ret_stopped = !running;
	if (r < 0 || running || up)
		return r;
	shim_finish(container_shim(c), SHIM_DISKS_MSEC);
	r = launch_for_files(c, mounts, err);
	if (r < 0) {
		container_shares_settle(c, false);
		set_down(c);
		container_release(c);
	}
	return r;
}

/* Can the machine without mounts be ended?  Under the table's lock. */
static bool would_give_way(const struct container *c, const void *arg)
{
	(void)arg;
	return !c->files.up || c->files.mounts || c->files.users == 0;
}

int container_hold(struct container *c, bool mounts, int client_fd, bool *ret_stopped,
		   struct err *err)
{
	int r;

	mounts = mounts && has_mounts(c);
	/* Whoever reads all files may take long.  This wait is without the op lock, so that others
	 * need not wait, too. */
	r = mounts ? container_wait(c, would_give_way, NULL, -1, client_fd) : 0;
	if (r < 0)
		return err_errno(err, r, "wait for who reads the container's files");
	mutex_hold(&c->op);
	r = mounts ? make_way(c, err) : 0;
	if (r == 0)
		r = hold_locked(c, mounts, ret_stopped, err);
	return r;
}

void container_filled(struct container *c)
{
	bool first;

	pthread_mutex_lock(&c->table->lock);
	first = c->files.up && c->files.mounts && !c->files.filled;
	c->files.filled = c->files.filled || first;
	pthread_mutex_unlock(&c->table->lock);
	if (first)
		container_shares_settle(c, true);
}

void container_release(struct container *c)
{
	pthread_mutex_lock(&c->table->lock);
	c->files.users--;
	pthread_mutex_unlock(&c->table->lock);
	hub_wake(c->table->hub);
}
