/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/remove.h"

#include <errno.h>

#include "daemon/container/pause.h"
#include "daemon/container/stop.h"
#include "daemon/container/transition.h"
#include "daemon/files/files.h"

static bool is_to_be_restarted(struct daemon *d, struct container *c)
{
	bool pending;

	pthread_mutex_lock(&d->containers.lock);
	pending = c->restart.pending;
	pthread_mutex_unlock(&d->containers.lock);
	return pending;
}

static int remove_locked(struct daemon *d, struct container *c, bool force, struct err *err)
{
	uint64_t ends = container_ends(d, c);
	int r;

	if (container_is_running(d, c)) {
		if (!force)
			return err_set(err, -EBUSY,
				       "cannot remove container \"/%s\": container is %s before "
				       "removing or force remove",
				       c->rec.name,
				       container_is_paused(d, c)
					       ? "paused and must be unpaused first: unpause and "
						 "stop the container"
					       : "running: stop the container");
		r = container_end_machine(d, c, ends, err);
		if (r < 0)
			return r;
	}
	if (!force && is_to_be_restarted(d, c))
		return err_set(err, -EBUSY,
			       "cannot remove container \"/%s\": container is restarting: stop the "
			       "container before removing or force remove",
			       c->rec.name);
	r = files_yield(d, c, force, err);
	return r < 0 ? r : container_forget(d, c, err);
}

int container_remove(struct daemon *d, struct container *c, bool force, struct err *err)
{
	uint64_t ends = container_ends(d, c);
	bool starting;
	int r;

	if (force)
		(void)restart_forbid(d, c);
	pthread_mutex_lock(&d->containers.lock);
	starting = c->starting;
	pthread_mutex_unlock(&d->containers.lock);
	if (force && starting)
		(void)container_end_machine(d, c, ends, NULL);
	pthread_mutex_lock(&c->op);
	r = remove_locked(d, c, force, err);
	pthread_mutex_unlock(&c->op);
	return r;
}
