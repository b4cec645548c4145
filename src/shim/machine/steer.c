/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/steer.h"

#include <errno.h>

#include "shim/machine/affinity.h"
#include "shim/machine/bringup.h"

int life_pause(struct life *l, struct err *err)
{
	int r;

	if (l->paused)
		return err_set(err, -EALREADY, "the container is paused already");
	r = l->machine.engine->pause(l->machine.vm, err);
	disk_watch_catch_up(&l->disks);
	l->paused = r == 0;
	return r;
}

int life_resume(struct life *l, struct err *err)
{
	int r;

	if (!l->paused)
		return err_set(err, -EALREADY, "the container is not paused");
	r = l->awake ? 0 : l->machine.engine->resume(l->machine.vm, err);
	disk_watch_catch_up(&l->disks);
	l->paused = r < 0;
	l->awake = false;
	return r;
}

int life_wake(struct life *l, struct err *err)
{
	int r = l->machine.engine->resume(l->machine.vm, err);

	disk_watch_catch_up(&l->disks);
	l->awake = r == 0;
	return r;
}

int life_halt(struct life *l, struct err *err)
{
	int r = l->machine.engine->pause(l->machine.vm, err);

	disk_watch_catch_up(&l->disks);
	l->awake = r < 0;
	return r;
}

int life_rest(struct life *l, struct err *err)
{
	int r;

	if (l->state == LIFE_NONE && l->o.supply.forked && !l->closing)
		return bringup_fork(l, err);
	if (l->machine.resting)
		return err_set(err, -EALREADY, "the machine rests already");
	if (!life_takes_containers(l) || l->closing || l->settled || l->paused)
		return err_set(err, -EBUSY, "the machine is not up");
	r = l->machine.engine->pause(l->machine.vm, err);
	l->machine.resting = r == 0;
	return r;
}

int life_set_cpus(struct life *l, const char *cpuset, struct err *err)
{
	if (l->state != LIFE_UP)
		return err_set(err, -ESRCH, "the machine is gone");
	return affinity_set(l->machine.pid, cpuset, err);
}

int life_set_memory(struct life *l, uint64_t bytes, struct err *err)
{
	int r;

	if (l->state != LIFE_UP)
		return err_set(err, -ESRCH, "the machine is gone");
	if (!(l->machine.engine->features & ENGINE_BALLOON))
		return err_set(err, -EOPNOTSUPP, "the engine has no balloon");
	r = l->machine.engine->balloon(l->machine.vm, bytes, err);
	disk_watch_catch_up(&l->disks);
	return r;
}
