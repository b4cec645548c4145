/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/wire.h"
#include "guest/container/container.h"

/*
 * What the host asks of a container at any time (docs/LINK.md): each is answered at once, with the
 * number it came with.  Return: 0; -EBADMSG or another -errno, which ends the session.
 */

/** question_limits() - LIMITS: other settings of its control group */
int question_limits(struct container *c, struct wire_view payload);

/** question_stats() - STATS: what it uses */
int question_stats(struct container *c, struct wire_view payload);

/** question_procs() - PROCS: what runs in it */
int question_procs(struct container *c, struct wire_view payload);
