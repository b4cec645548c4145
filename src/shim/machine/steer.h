/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/machine/life.h"

/* Requests to a machine that is up. */

/** life_pause(), life_resume() - stop the vCPUs, let them go on.  Return: 0; -EALREADY where there
 * is nothing to do; -ETIMEDOUT, -errno from the engine; with a message. */
int life_pause(struct life *l, struct err *err);
int life_resume(struct life *l, struct err *err);

/** life_wake(), life_halt() - let the vCPUs of a paused machine go on for a while, and stop them
 * again: it stays paused.  Return: 0; -ETIMEDOUT, -errno from the engine; with a message. */
int life_wake(struct life *l, struct err *err);
int life_halt(struct life *l, struct err *err);

/** life_rest() - stop the vCPUs until the next life_take(); there is no container.  A machine that
 * is to be forked, and is not there yet, begins so.  Return: 0; -EBUSY where the guest is not up;
 * -errno; with a message. */
int life_rest(struct life *l, struct err *err);

/** life_set_cpus() - keep the machine to some processors of the host.  Return: 0; -ESRCH; -errno
 * with a message. */
int life_set_cpus(struct life *l, const char *cpuset, struct err *err);

/** life_set_memory() - set how much of the machine's memory the guest may have.  Return: 0; -ESRCH;
 * -EOPNOTSUPP; -ETIMEDOUT, -errno from the engine; with a message. */
int life_set_memory(struct life *l, uint64_t bytes, struct err *err);
