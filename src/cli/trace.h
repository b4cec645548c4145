/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/* When the command line did its own steps, by clock_mono_usec(). */
struct trace_own {
	uint64_t begun;	   /* the command began */
	uint64_t created;  /* the container was made */
	uint64_t attached; /* streams were connected, and its end was waited for */
	uint64_t answered; /* moatd told the end, or, detached, that it runs */
};

/** trace_print() - print a table of all steps on standard error.  @trace: member "Moat" of inspect.
 */
void trace_print(const struct trace_own *own, const json_t *trace);
