/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/shim.h"

/* How a container's life ends; what others ask of it is in shim.h. */

/**
 * ending_decide() - how the container ended, unless that is decided
 * @err: what moat failed in; NULL where it did not
 */
void ending_decide(struct shim *s, int code, bool oom, const struct err *err);

/** ending_drain() - the machine is gone, or does not count any more, and all it had to say is read
 */
void ending_drain(struct shim *s);

/** ending_unborn() - there is no machine, and there will be none */
void ending_unborn(struct shim *s, const struct err *err);

/** ending_timer() - a stage has taken its time; a loop_timer_fn */
int ending_timer(struct source *source, void *arg);
