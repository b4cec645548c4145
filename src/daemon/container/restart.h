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

/** restarter_free() - NULL is accepted */
void restarter_free(struct restarter *r);

/**
 * restart_after_end() - a container's run is over: have it started again if its policy says so
 * @ran_nsec: how long it ran
 *
 * Under the table's lock, before the record is written.
 */
void restart_after_end(struct container *c, int64_t ran_nsec);

/** restart_recover() - at the start of moatd, for a container that does not run */
void restart_recover(struct container *c);

/**
 * restart_forbid() - somebody stops the container: its policy counts no more until it is started
 *
 * Return: was it waiting to be started again?
 */
bool restart_forbid(struct container *c);
