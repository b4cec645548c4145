/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The shim stops the vCPUs and says so in an event, which the main thread
 * turns into the state and the event of the API; a request waits until that has been seen, so that
 * what a client asks next is answered by the new state.
 */
#include <errno.h>

#include "base/str.h"
#include "control/client.h"
#include "daemon/container/pause.h"

#define STATS_MSEC 1000

static bool is_paused_or_over(const struct container *c, const void *arg)
{
	(void)arg;
	return !container_is(c, STATE(RUNNING));
}

static bool is_not_paused(const struct container *c, const void *arg)
{
	(void)arg;
	return !container_is(c, STATE(PAUSED));
}

static int set_paused(struct container *c, bool paused, struct err *err)
{
	struct err why = { 0 };
	/* The shim gives the engine half of this time. */
	int r = shim_ask(container_shim(c), paused ? CONTROL_PAUSE : CONTROL_RESUME,
			 2 * SHIM_TIMEOUT_MSEC, NULL, &why);

	if (r == 0) {
		r = container_wait(c, paused ? is_paused_or_over : is_not_paused, NULL,
				   SHIM_TIMEOUT_MSEC, -1);
		if (r < 0)
			(void)err_set(&why, r, "%s", strerror(-r));
	}
	if (r == -EBUSY || r == -ECONNREFUSED)
		return err_set(err, -EBUSY, "Container %s is not running", c->rec.id);
	if (r == -EALREADY)
		return err_set(err, -EBUSY, "Container %s is %s", c->rec.id,
			       paused ? "already paused" : "not paused");
	return r < 0 ? err_set(err, r, "Container %s: %s", c->rec.id, why.msg) : 0;
}

int container_pause(struct container *c, struct err *err)
{
	if (!container_is_running(c))
		return err_set(err, -EBUSY, "Container %s is not running", c->rec.id);
	/* Has the shim remember the figures, for those who ask while the paused guest cannot
	 * answer. */
	(void)shim_ask(container_shim(c), CONTROL_STATS, STATS_MSEC, NULL, NULL);
	return set_paused(c, true, err);
}

int container_unpause(struct container *c, struct err *err)
{
	if (!container_is_running(c))
		return err_set(err, -EBUSY, "Container %s is not running", c->rec.id);
	return set_paused(c, false, err);
}
