/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/spec/restart-policy.h"

/* Starts containers again when they have ended, by the rules of docker's restart policies. */

struct container;
struct containers;

struct restarter;

/** restarter_new() - start the thread that starts containers when it is time.  @ret: owned,
 * restarter_free().  Return: 0; -errno. */
int restarter_new(struct containers *t, struct restarter **ret);

/** restarter_stop() - begin no more starts, and wait for those under way; ends may still be told */
void restarter_stop(struct restarter *r);

/** restarter_free() - stop, and free; no ends may be told after this; NULL is accepted */
void restarter_free(struct restarter *r);

/**
 * restart_after_end() - decide whether a container whose run is over is to be started again
 * @ran_nsec: how long it ran
 *
 * Where it is, the time is set, and the caller enters CONTAINER_WAITING.  Under the table's lock,
 * before the record is written.
 *
 * Return: is it to be started again?
 */
bool restart_after_end(struct container *c, int64_t ran_nsec);

/** restart_give_up() - do not start a waiting container again; under the table's lock */
void restart_give_up(struct container *c);

/** restart_recover() - apply the policy to a container that does not run when moatd starts */
void restart_recover(struct container *c);

/**
 * restart_forbid() - somebody stops the container: its policy does not count until it is started
 *
 * Return: was it waiting to be started again?
 */
bool restart_forbid(struct container *c);
