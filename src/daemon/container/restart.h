/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/spec/restart-policy.h"

/* Containers that are started again when they have ended, by the rules of docker's restart
 * policies. */

struct container;
struct containers;

struct restarter;

/** restarter_new() - the thread that starts containers when it is time.  @ret: owned,
 * restarter_free().  Return: 0; -errno. */
int restarter_new(struct containers *t, struct restarter **ret);

/** restarter_stop() - begin no start any more, and wait for those under way; it can be told of ends
 * all the same */
void restarter_stop(struct restarter *r);

/** restarter_free() - stopped first, where it is not; nobody may tell it of ends any more.  NULL is
 * accepted */
void restarter_free(struct restarter *r);

/**
 * restart_after_end() - a container's run is over: does its policy say that it is to be started
 * again?  Then it is to enter CONTAINER_WAITING, and when it is due has been decided.
 * @ran_nsec: how long it ran
 *
 * Under the table's lock, before the record is written.
 */
bool restart_after_end(struct container *c, int64_t ran_nsec);

/** restart_give_up() - one that waits is not to be started again; under the table's lock */
void restart_give_up(struct container *c);

/** restart_recover() - at the start of moatd, for a container that does not run */
void restart_recover(struct container *c);

/**
 * restart_forbid() - somebody stops the container: its policy counts no more until it is started
 *
 * Return: was it waiting to be started again?
 */
bool restart_forbid(struct container *c);
