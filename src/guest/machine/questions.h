/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/wire.h"
#include "guest/container/container.h"

/*
 * Questions of the host about a container (docs/LINK.md).  Each is answered at once, with the
 * number it came with.  Return: 0; -EBADMSG or another -errno, which ends the session.
 */

/** question_limits() - LIMITS: change settings of its cgroup */
int question_limits(struct container *c, struct wire_view payload);

/** question_stats() - STATS: what the container uses */
int question_stats(struct container *c, struct wire_view payload);

/** question_procs() - PROCS: which processes run in it */
int question_procs(struct container *c, struct wire_view payload);
