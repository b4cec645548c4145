/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/*
 * Health checks at work: probes run in the containers by their shims, timed by the main loop.
 * But for prober_new() and prober_free(), main thread only.
 */
struct prober;

/** prober_new() - make what times the probes.  @ret: owned, prober_free().  Return: 0; -ENOMEM. */
int prober_new(struct containers *t, struct prober **ret);

/** prober_free() - after the loop ended; NULL is accepted */
void prober_free(struct prober *p);

/** prober_start() - begin to probe a container that runs; nothing happens where it has no check, or
 * is probed already */
void prober_start(struct prober *p, struct container *c);

/** prober_stop() - end the probes of a container that runs no more */
void prober_stop(struct prober *p, const struct container *c);

/** prober_exec_ended() - an exec has ended.  Return: was it a probe? */
bool prober_exec_ended(struct prober *p, const char *exec_id, int code);
