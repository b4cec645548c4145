/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/*
 * Health checks at work: probes run in the containers by their shims, timed by the main loop.
 * But for prober_new() and prober_free(), main thread only.
 */
struct prober;

/** prober_new() - @ret: owned, prober_free().  Return: 0; -ENOMEM. */
int prober_new(struct containers *t, struct prober **ret);

/** prober_free() - after the loop ended; NULL is accepted */
void prober_free(struct prober *p);

/** prober_start() - a container runs; nothing happens when it has no check, or is checked already
 */
void prober_start(struct prober *p, struct container *c);

/** prober_stop() - it runs no more */
void prober_stop(struct prober *p, const struct container *c);

/** prober_exec_ended() - an exec ended.  Return: was it a probe? */
bool prober_exec_ended(struct prober *p, const char *exec_id, int code);
