/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The shim stops the vCPUs and says so in an event, which the main thread
 * turns into the state and the event of the API; a request waits until that has been seen, so that
 * what a client asks next is answered by the new state.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/str.h"
#include "control/client.h"
#include "daemon/container/pause.h"

/* Until the state is as asked for, or the container has ended. */
static int wait_for_state(const struct container *c, bool paused)
{
	uint64_t deadline = clock_mono_usec() + SHIM_TIMEOUT_MSEC * USEC_PER_MSEC;
	cleanup_hub_sub struct hub_sub *sub = NULL;
	int r = hub_subscribe(c->table->hub, &sub);

	while (r == 0 && container_is_paused(c) != paused && container_is_running(c)) {
		if (clock_mono_usec() >= deadline)
			return -ETIMEDOUT;
		hub_wait(sub, -1, 1000);
	}
	return r;
}

static int set_paused(struct container *c, bool paused, struct err *err)
{
	struct err why = { 0 };
	/* The engine has half of that by itself. */
	int r = shim_ask(c->table->dir_fd, c->rec.id, paused ? "pause" : "resume",
			 2 * SHIM_TIMEOUT_MSEC, NULL, &why);

	if (r == 0)
		r = wait_for_state(c, paused);
	if (r == -EBUSY || r == -ECONNREFUSED)
		return err_set(err, -EBUSY, "Container %s is not running", c->rec.id);
	if (r == -EALREADY)
		return err_set(err, -EBUSY, "Container %s is %s", c->rec.id,
			       paused ? "already paused" : "not paused");
	return r < 0 ? err_set(err, r, "Container %s: %s", c->rec.id,
			       why.msg[0] ? why.msg : strerror(-r))
		     : 0;
}

int container_pause(struct container *c, struct err *err)
{
	if (!container_is_running(c))
		return err_set(err, -EBUSY, "Container %s is not running", c->rec.id);
	return set_paused(c, true, err);
}

int container_unpause(struct container *c, struct err *err)
{
	if (!container_is_running(c))
		return err_set(err, -EBUSY, "Container %s is not running", c->rec.id);
	return set_paused(c, false, err);
}
