/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A removal needs the container's op lock, so no start and no copy of files
 * is under way during one.  A forced one does not wait for those: it ends their machine until they
 * give up (container_take()).
 */
#include "daemon/container/remove.h"

#include <errno.h>

#include "control/kill.h"
#include "daemon/container/hold.h"
#include "daemon/container/stop.h"
#include "daemon/container/transition.h"

static int remove_locked(struct container *c, bool force, bool with_volumes, struct err *err)
{
	uint64_t ends = container_ends(c);
	int r;

	if (container_is_now(c, STATES_SHIM)) {
		if (!force)
			return err_set(err, -EBUSY,
				       "cannot remove container \"/%s\": container is %s before "
				       "removing or force remove",
				       c->rec.name,
				       container_is_paused(c)
					       ? "paused and must be unpaused first: unpause and "
						 "stop the container"
					       : "running: stop the container");
		r = container_end_machine(c, ends, err);
		if (r < 0)
			return r;
	}
	if (!force && container_is_now(c, STATE(WAITING)))
		return err_set(err, -EBUSY,
			       "cannot remove container \"/%s\": container is restarting: stop the "
			       "container before removing or force remove",
			       c->rec.name);
	r = container_yield(c, !force, false, err);
	if (r < 0)
		return r;
	shim_finish(container_shim(c), 0);
	return container_forget(c, with_volumes || c->auto_remove, err);
}

int container_remove(struct container *c, bool force, bool with_volumes, struct err *err)
{
	int r;

	if (force)
		(void)restart_forbid(c);
	container_take(c, force ? 0 : -1);
	r = remove_locked(c, force, with_volumes, err);
	pthread_mutex_unlock(&c->op);
	return r;
}
