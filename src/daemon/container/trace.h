/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/event.h"

/* When each step of a container's start and end was done. */

enum trace_step {
	TRACE_ASKED,	/* moatd got the request to start */
	TRACE_TEMPLATE, /* a template was found, or none can be had */
	TRACE_BEGUN,	/* moat-shim began with this container; it tells the steps that follow */
	TRACE_ENGINE,	/* the machine's process ran, with everything it needs */
	TRACE_READY,	/* the guest had set the container up */
	TRACE_STARTED,	/* the container's process ran */
	TRACE_OUTPUT,	/* the first output came */
	TRACE_EXITED,	/* the process ended */
	TRACE_ENDED,	/* the machine ended, and the exit status was written */
	TRACE_STEPS,
};

struct trace {
	bool restored;		    /* the machine was not booted for this container */
	bool spare;		    /* the machine had waited for a container */
	bool forked;		    /* the machine was forked of a zygote */
	uint64_t usec[TRACE_STEPS]; /* by clock_mono_usec(); 0: not done, or not known */
};

/** trace_note() - take over what an event "started" or "exited" says of the machine and the steps
 */
void trace_note(struct trace *t, const struct control_event *event);

/** trace_describe() - for the API.  Return:
 * {"Restored":b,"Spare":b,"Forked":b,"TimesUsec":{step:N,…}}; NULL when out of memory. */
json_t *trace_describe(const struct trace *t);

/** trace_log() - log the steps that were done, on debug level.  @id: of the container */
void trace_log(const struct trace *t, const char *id);
