/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The machine for a stopped container's files is a shim's with the
 * container's disks, as its own would be; nobody watches it, so nothing that becomes of it is taken
 * for the container's life.  A thread waits for the shim's end.  As two machines must not have the
 * same disks, a start ends this one first, and waits for those who use it; who wants to use it
 * while a start is under way waits for that, by the container's op lock.
 */
#include "daemon/container/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "control/client.h"
#include "daemon/machine/lease.h"

#define BUSY_MSEC 10000 /* how long a start waits for who copies files */
#define KILL_MSEC 10000

struct reaper {
	struct container *c; /* a reference */
	pid_t pid;
};

static void set_down(struct container *c)
{
	pthread_mutex_lock(&c->table->lock);
	c->files.up = false;
	pthread_mutex_unlock(&c->table->lock);
	hub_wake(c->table->hub);
}

static void *reap(void *arg)
{
	struct reaper *r = arg;

	while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	set_down(r->c);
	container_unref(r->c);
	free(r);
	return NULL;
}

static int start_reaper(struct container *c, pid_t pid)
{
	struct reaper *r = malloc(sizeof(*r));
	int code;

	if (!r)
		return -ENOMEM;
	*r = (struct reaper){ container_ref(c), pid };
	code = thread_start(NULL, reap, r);
	if (code == 0)
		return 0;
	container_unref(c);
	free(r);
	return code;
}

static int prepare(struct container *c, int *ret_fd, struct machine_plan *ret, struct err *err)
{
	cleanup(texts_reset) struct texts texts = { 0 };
	cleanup_close int dir_fd = -1;
	int r = state_texts(c->table->state, c->rec.id, &texts, err);

	if (r < 0)
		return r;
	r = path_open_dir(c->table->dir_fd, c->rec.id, 0700, &dir_fd);
	if (r < 0)
		return err_errno(err, r, "%s/containers/%s", c->table->root, c->rec.id);
	r = machine_plan(c->table->machines, texts.host_config, ret, err);
	if (r < 0)
		return r;
	ret->files_only = true;
	ret->disposable = false;
	r = machine_write(ret, texts.spec, dir_fd, err);
	if (r == 0)
		*ret_fd = take_fd(&dir_fd);
	return r;
}

static int launch(struct container *c, struct err *err)
{
	cleanup_free char *dir = str_printf("%s/containers/%s", c->table->root, c->rec.id);
	cleanup(machine_plan_reset) struct machine_plan plan = { 0 };
	struct lease_request rq = { .purpose = LEASE_FILES, .plan = &plan, .dir = dir };
	cleanup_close int dir_fd = -1;
	struct lease lease;
	int r = dir ? prepare(c, &dir_fd, &plan, err) : err_nomem(err);

	if (r < 0)
		return r;
	rq.dir_fd = dir_fd;
	r = lease_take(c->table->machines, &rq, &lease, err);
	if (r < 0)
		return r;
	r = start_reaper(c, lease.pid);
	if (r < 0) {
		kill(lease.pid, SIGKILL);
		waitpid(lease.pid, NULL, 0);
		return err_errno(err, r, "watch moat-shim");
	}
	return 0;
}

static bool is_up(const struct container *c)
{
	bool up;

	pthread_mutex_lock(&c->table->lock);
	up = c->files.up;
	pthread_mutex_unlock(&c->table->lock);
	return up;
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
	if (!is_up(c))
		return 0;
	if (patient && container_wait(c, is_free, NULL, BUSY_MSEC, -1) < 0)
		return err_set(err, -EBUSY,
			       "files of container %.12s are being copied: try again when that is "
			       "done",
			       c->rec.id);
	if (keep) {
		(void)shim_ask_end(container_shim(c), CONTROL_SHUTDOWN, NULL);
		if (container_wait(c, is_down, NULL, SHIM_DISKS_MSEC, -1) == 0)
			return 0;
	}
	(void)shim_ask_end(container_shim(c), CONTROL_KILL, NULL);
	if (container_wait(c, is_down, NULL, KILL_MSEC, -1) == 0)
		return 0;
	return err_set(err, -ETIMEDOUT,
		       "the machine for the files of container %.12s does not end: see its "
		       "shim.log",
		       c->rec.id);
}

/* Under the op lock. */
static int hold_locked(struct container *c, bool *ret_stopped, struct err *err)
{
	bool running, up;
	int r = 0;

	pthread_mutex_lock(&c->table->lock);
	running = container_is(c, STATES_SHIM);
	if (container_is(c, STATES_GONE))
		r = err_set(err, -ENOENT, "No such container: %s", c->rec.id);
	else if (container_is(c, STATE(PAUSED)))
		r = err_set(err, -EBUSY,
			    "container %s is paused, unpause it before its files are used",
			    c->rec.id);
	up = c->files.up;
	if (r == 0 && !running) {
		c->files.up = true;
		c->files.users++;
	}
	pthread_mutex_unlock(&c->table->lock);
	*ret_stopped = !running;
	if (r < 0 || running || up)
		return r;
	shim_finish(container_shim(c), SHIM_DISKS_MSEC);
	r = launch(c, err);
	if (r < 0) {
		set_down(c);
		container_release(c);
	}
	return r;
}

int container_hold(struct container *c, bool *ret_stopped, struct err *err)
{
	int r;

	pthread_mutex_lock(&c->op);
	r = hold_locked(c, ret_stopped, err);
	pthread_mutex_unlock(&c->op);
	return r;
}

void container_release(struct container *c)
{
	pthread_mutex_lock(&c->table->lock);
	c->files.users--;
	pthread_mutex_unlock(&c->table->lock);
	hub_wake(c->table->hub);
}
