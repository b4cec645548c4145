/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A start makes the container's files, executes the shim, watches it, hands
 * over the clients that attached before, and asks for the process.  The main thread turns the
 * shim's events into transitions; this one only waits for them.  So there is one place where a
 * container becomes running or ended, whatever thread asked for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "control/client.h"
#include "control/kill.h"
#include "control/names.h"
#include "daemon/container/attach.h"
#include "daemon/container/hold.h"
#include "daemon/container/start.h"
#include "daemon/container/stop.h"
#include "daemon/container/transition.h"
#include "daemon/container/watcher.h"
#include "daemon/machine/lease.h"

/* Opens the container's folder and writes config.json into it.  That is done before each start,
 * so a file that a crash left half-written does no harm. */
static int prepare_folder(struct container *c, int *ret_fd, struct machine_plan *ret_plan,
			  struct err *err)
{
	cleanup(texts_reset) struct texts texts = { 0 };
	cleanup_close int dir_fd = -1;
	int r = state_texts(c->table->state, c->rec.id, &texts, err);

	if (r < 0)
		return r;
	r = path_open_dir(c->table->dir_fd, c->rec.id, 0700, &dir_fd);
	if (r == 0 && unlinkat(dir_fd, EXIT_FILE, 0) < 0 && errno != ENOENT)
		r = -errno;
	if (r < 0)
		return err_errno(err, r, "%s/containers/%s", c->table->root, c->rec.id);
	r = machine_plan(c->table->machines, texts.host_config, ret_plan, err);
	if (r < 0)
		return r;
	r = file_overwrite(dir_fd, CONFIG_FILE, texts.spec, strlen(texts.spec), 0600);
	if (r < 0)
		return err_errno(err, r, CONFIG_FILE);
	*ret_fd = take_fd(&dir_fd);
	return 0;
}

static int ask_to_watch(struct container *c, int *ret_fd, struct err *err)
{
	int r = shim_watch(container_shim(c), ret_fd);

	return r < 0 ? err_errno(err, r, "cannot watch moat-shim") : 0;
}

/* Keeps what the trace shows of the machine, and the template to be distrusted if it fails. */
static void note_lease(struct container *c, const struct lease *l)
{
	pthread_mutex_lock(&c->table->lock);
	memcpy(c->template, l->template, sizeof(c->template));
	c->trace.usec[TRACE_TEMPLATE] = l->found_usec;
	pthread_mutex_unlock(&c->table->lock);
}

static int watch_shim(struct container *c, struct lease *l, struct err *err)
{
	int fd = -1, r = ask_to_watch(c, &fd, err);

	if (r < 0)
		return r;
	return watcher_add(c->table->watcher, c, fd, l->pid) < 0 ? err_nomem(err) : 0;
}

/* @ret_old: the machine of the run before, whose folder is not needed any more */
static int launch_machine(struct container *c, struct lease *ret,
			  char ret_old[MACHINE_NAME_LEN + 1], struct err *err)
{
	cleanup(machine_plan_reset) struct machine_plan plan = { 0 };
	struct lease_request rq = { .purpose = LEASE_RUN, .plan = &plan, .container = c->rec.id };
	cleanup_close int dir_fd = -1;
	int r = prepare_folder(c, &dir_fd, &plan, err);

	if (r < 0)
		return r;
	rq.dir_fd = dir_fd;
	r = lease_take(c->table->machines, &rq, ret, err);
	note_lease(c, ret);
	if (r < 0)
		return r;
	machine_linked(dir_fd, MACHINE_LINK, ret_old);
	r = machine_link(dir_fd, MACHINE_LINK, ret->machine, err);
	if (r == 0)
		r = watch_shim(c, ret, err);
	if (r < 0) {
		kill(ret->pid, SIGKILL);
		waitpid(ret->pid, NULL, 0);
	}
	return r;
}

/* Has the main thread seen that the process runs, or that the container has ended? */
static bool is_decided(const struct container *c, const void *ends)
{
	return !container_is(c, STATES_BEGINNING) || c->ends != *(const uint64_t *)ends;
}

static int wait_for_news(struct container *c, uint64_t ends, int timeout_msec)
{
	return container_wait(c, is_decided, &ends, timeout_msec, -1);
}

/* The process was not seen to run: makes sure that the machine is gone, and finds the exit
 * status that says why. */
static int start_failed(struct container *c, uint64_t ends, int code, struct err *err)
{
	bool runs;
	int exit_code;

	if (wait_for_news(c, ends, 2000) < 0)
		(void)container_end_machine(c, ends, NULL);
	pthread_mutex_lock(&c->table->lock);
	runs = container_is(c, STATES_RUNNING);
	if (container_is(c, STATES_BEGINNING))
		container_enter(c, c->from);
	exit_code = c->rec.exit_code;
	/* A shim that ended instead of answering has written its reason into exit.json, which
	 * the main thread has read. */
	if (code == -ECONNREFUSED && c->rec.error[0])
		err_set(err, code, "%s", c->rec.error);
	pthread_mutex_unlock(&c->table->lock);
	/* It runs after all: only the news came late, or the answer was lost. */
	if (runs)
		return 0;
	if (exit_code == EXIT_NOT_FOUND || exit_code == EXIT_NOT_EXECUTABLE)
		return -EINVAL;
	/* A caller would take -ENOENT for a missing container or program. */
	if (code == -ENOENT && err)
		err->code = -EIO;
	return code == -ENOENT ? -EIO : code;
}

/* There was no machine, so no shim reports the end: it is recorded here. */
static int launch_failed(struct container *c, int code, struct err *err)
{
	struct exit_status how = { .code = EXIT_NOT_STARTED, .finished_nsec = clock_now_nsec() };

	if (err)
		how.err = *err;
	container_ended(c, &how);
	return code == -ENOENT ? -EIO : code;
}

/* Under the table's lock. */
static int begin_start(struct container *c, struct err *err)
{
	if (container_is(c, STATES_GONE))
		return err_set(err, -ENOENT, "No such container: %s", c->rec.id);
	if (container_is(c, STATE(PAUSED)))
		return err_set(err, -EBUSY, "cannot start a paused container, try unpause instead");
	if (!container_enter(c, CONTAINER_STARTING))
		return err_set(err, -EALREADY, "Container %s runs already", c->rec.id);
	c->trace = (struct trace){ .usec[TRACE_ASKED] = clock_mono_usec() };
	c->disk_errors = (struct container_disk_errors){ 0 };
	c->disk_full = false;
	return 0;
}

static int start_locked(struct container *c, struct err *err)
{
	struct lease lease = LEASE_NONE;
	char old[MACHINE_NAME_LEN + 1] = "";
	uint64_t ends;
	int r = container_yield(c, true, true, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&c->table->lock);
	r = begin_start(c, err);
	ends = c->ends;
	pthread_mutex_unlock(&c->table->lock);
	if (r < 0)
		return r;
	shim_finish(container_shim(c), SHIM_DISKS_MSEC);
	r = launch_machine(c, &lease, old, err);
	if (r < 0) {
		lease_settled(c->table->machines, &lease);
		lease_let_go(&lease);
		return launch_failed(c, r, err);
	}
	attach_hand_over(c);
	r = shim_ask(container_shim(c), CONTROL_START, SHIM_START_TIMEOUT_MSEC, NULL, err);
	lease_settled(c->table->machines, &lease);
	lease_let_go(&lease);
	machine_folder_remove(c->table->machines, old);
	if (r == 0)
		r = wait_for_news(c, ends, SHIM_TIMEOUT_MSEC);
	return r < 0 ? start_failed(c, ends, r, err) : 0;
}

/* A start that somebody asked for: earlier restarts by the policy do not count any more. */
static void forget_restarts(struct container *c)
{
	pthread_mutex_lock(&c->table->lock);
	if (!container_is(c, STATES_RUNNING)) {
		restart_give_up(c);
		c->restart.delay_usec = 0;
		c->rec.restart_count = 0;
		c->rec.stopped = false;
	}
	pthread_mutex_unlock(&c->table->lock);
}

int container_start(struct container *c, struct err *err)
{
	int r;

	pthread_mutex_lock(&c->op);
	forget_restarts(c);
	r = start_locked(c, err);
	pthread_mutex_unlock(&c->op);
	return r;
}

int container_start_again(struct container *c, struct err *err)
{
	int r;

	pthread_mutex_lock(&c->op);
	r = container_is_now(c, STATE(WAITING)) ? start_locked(c, err) : 0;
	pthread_mutex_unlock(&c->op);
	return r;
}
