/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A start gets what the container brings, and then a machine with the
 * container in it; has it watched, hands over the clients that attached before, and asks for the
 * process.  The main thread turns the shim's events into transitions; this one only waits for them.
 * So there is one place where a container becomes running or ended, whatever thread asked for it.
 *
 * What a container brings is in struct prepared; start_reset() gives back what the machine did not
 * take.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/str.h"
#include "control/client.h"
#include "control/kill.h"
#include "daemon/container/attach.h"
#include "daemon/container/hold.h"
#include "daemon/container/prepare.h"
#include "daemon/container/sockets.h"
#include "daemon/container/start.h"
#include "daemon/container/stop.h"
#include "daemon/container/transition.h"
#include "daemon/container/watcher.h"
#include "daemon/network/member-run.h"
#include "daemon/network/member.h"

/* A start under way. */
struct start {
	struct container *c;
	uint64_t ends; /* how often the container had ended before */
	struct prepared with;
	struct lease lease;
};

/* The machine is up, or will not come up: lets others start, and leaves the machine to its
 * container. */
static void settle_start(struct start *s)
{
	lease_settled(s->c->table->machines, &s->lease);
	lease_let_go(&s->lease);
}

static void start_reset(struct start *s)
{
	settle_start(s);
	prepared_reset(&s->with);
}

static int watch_shim(struct start *s, struct err *err)
{
	const struct watch_children children = { s->lease.pid, s->with.shares.pid };
	struct container *c = s->c;
	int fd = -1, r = shim_watch(container_shim(c), &fd);

	if (r < 0)
		return err_errno(err, r, "cannot watch moat-shim");
	if (watcher_add(c->table->watcher, c, &(struct watch_start){ fd, children, s->lease.tap }) <
	    0)
		return err_nomem(err);
	s->with.shares.pid = 0;
	return 0;
}

/* Keeps what the trace shows of the machine, and the template to be distrusted if it fails. */
static void note_lease(const struct start *s)
{
	struct container *c = s->c;

	mutex_hold(&c->table->lock);
	memcpy(c->template, s->lease.template, sizeof(c->template));
	c->trace.usec[TRACE_TEMPLATE] = s->lease.found_usec;
}

static int get_machine(struct start *s, struct err *err)
{
	struct machines *ms = s->c->table->machines;
	const struct prepared *with = &s->with;
	const struct lease_request rq = {
		.purpose = LEASE_RUN,
		.host = with->host,
		.container = s->c->rec.id,
		.dir_fd = with->dir_fd,
		.secrets_fd = with->secrets_fd,
		.network = with->wiring.network.n > 0 ? &with->wiring.network : NULL,
		.share_fd = with->shares.control_fd,
	};
	int r = lease_take(ms, &rq, &s->lease, err);

	note_lease(s);
	if (r < 0)
		return r;
	r = watch_shim(s, err);
	if (r < 0)
		lease_end(ms, &s->lease);
	return r;
}

/* Has the main thread seen that the process runs, or that the container has ended? */
static bool is_decided(const struct container *c, const void *ends)
{
	return !container_is(c, STATES_BEGINNING) || c->ends != *(const uint64_t *)ends;
}

static int wait_for_news(const struct start *s, int timeout_msec)
{
	return container_wait(s->c, is_decided, &s->ends, timeout_msec, -1);
}

/* The process was not seen to run: makes sure that the machine is gone, and finds the exit
 * status that says why. */
static int start_failed(const struct start *s, int code, struct err *err)
{
	struct container *c = s->c;
	bool runs;
	int exit_code;

	if (wait_for_news(s, 2000) < 0)
		(void)container_end_machine(c, s->ends, NULL);
	pthread_mutex_lock(&c->table->lock);
	runs = container_is(c, STATES_RUNNING);
	if (container_is(c, STATES_BEGINNING))
		container_enter(c, c->from);
	exit_code = c->rec.exit_code;
	/* The shim may have written its reason into exit.json before it ended, which the main
	 * thread has read. */
	if (code == -ECONNREFUSED && c->rec.error[0])
		err_set(err, code, "%s", c->rec.error);
	pthread_mutex_unlock(&c->table->lock);
	/* The process runs after all: the event was late, or the answer was lost. */
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

/* Enters STARTING, if the container may be started.  Under the table's lock. */
static int enter_start(struct container *c, struct err *err)
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

/* Ends a machine that still has the container's disks. */
static int begin_start(struct start *s, struct err *err)
{
	struct container *c = s->c;
	int r = container_is_held(c) ? container_yield(c, true, true, err) : 0;

	if (r < 0)
		return r;
	pthread_mutex_lock(&c->table->lock);
	r = enter_start(c, err);
	s->ends = c->ends;
	pthread_mutex_unlock(&c->table->lock);
	if (r == 0)
		shim_finish(container_shim(c), SHIM_DISKS_MSEC);
	return r;
}

static int run_process(struct start *s, struct err *err)
{
	struct container *c = s->c;
	struct socket_plan sockets = { 0 };
	int r;

	attach_hand_over(c);
	r = member_plug(c->table->networks, c->rec.id, s->lease.tap, err);
	if (r == 0)
		r = socket_plan_read(c->sockets, &sockets, err);
	if (r == 0 && sockets.n > 0)
		r = container_sockets_listen(c, &sockets, err);
	if (r == 0)
		r = shim_ask(container_shim(c), CONTROL_START, SHIM_START_TIMEOUT_MSEC, NULL, err);
	else
		(void)shim_ask_end(container_shim(c), CONTROL_KILL, NULL);
	settle_start(s);
	if (c->mounts.n > 0)
		container_shares_settle(c, r == 0);
	if (r == 0)
		r = wait_for_news(s, SHIM_TIMEOUT_MSEC);
	return r < 0 ? start_failed(s, r, err) : 0;
}

static int start_locked(struct container *c, struct err *err)
{
	cleanup(start_reset) struct start s = { .c = c,
						.with = PREPARED_NONE,
						.lease = LEASE_NONE };
	int r = begin_start(&s, err);

	if (r < 0)
		return r;
	r = container_prepare(c, LEASE_RUN, &s.with, err);
	if (r == 0)
		r = get_machine(&s, err);
	if (r == 0)
		return run_process(&s, err);
	settle_start(&s);
	if (c->mounts.n > 0)
		container_shares_settle(c, false);
	return launch_failed(c, r, err);
}

/* Forgets earlier restarts by the policy, as somebody asked for this start. */
static void forget_restarts(struct container *c)
{
	mutex_hold(&c->table->lock);
	if (!container_is(c, STATES_RUNNING)) {
		if (container_is(c, STATE(WAITING)))
			restart_give_up(c);
		c->restart.delay_usec = 0;
		c->rec.restart_count = 0;
		c->rec.stopped = false;
	}
}

int container_start(struct container *c, struct err *err)
{
	mutex_hold(&c->op);
	forget_restarts(c);
	return start_locked(c, err);
}

int container_start_again(struct container *c, struct err *err)
{
	mutex_hold(&c->op);
	return container_is_now(c, STATE(WAITING)) ? start_locked(c, err) : 0;
}
