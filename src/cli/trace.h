/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/* Steps that the command line itself does, by clock_mono_usec(). */
struct trace_own {
	uint64_t begun;	   /* the command runs */
	uint64_t created;  /* the container is made */
	uint64_t attached; /* its streams are connected, and its end is waited for */
	uint64_t answered; /* moatd has said how it ended, or, detached, that it runs */
};

/** trace_print() - a table of all steps on standard error.  @trace: as inspect has it in
 * "Moat". */
void trace_print(const struct trace_own *own, const json_t *trace);
