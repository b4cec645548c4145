/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/event.h"

/* When the steps of a container's start, and of its end, were done. */

enum trace_step {
	TRACE_ASKED,	/* moatd has the request to start */
	TRACE_TEMPLATE, /* a template is there, or not to be had */
	TRACE_BEGUN,	/* moat-shim works for this container; from here on its own report */
	TRACE_ENGINE,	/* the machine's process runs, with everything it needs */
	TRACE_READY,	/* the guest has set itself up for this container */
	TRACE_STARTED,	/* the container's process runs */
	TRACE_OUTPUT,	/* the first output */
	TRACE_EXITED,	/* the process has ended */
	TRACE_ENDED,	/* the machine has ended, and the exit status is written */
	TRACE_STEPS,
};

struct trace {
	bool restored;		    /* the machine was not booted for this container */
	bool spare;		    /* it had waited for one */
	bool forked;		    /* it was forked of a zygote for this container */
	uint64_t usec[TRACE_STEPS]; /* by clock_mono_usec(); 0: not, or not known */
};

/** trace_note() - take over what an event "started" or "exited" says of the machine and of times */
void trace_note(struct trace *t, const struct control_event *event);

/** trace_describe() - for the API.  Return:
 * {"Restored":b,"Spare":b,"Forked":b,"TimesUsec":{step:N,…}}; NULL when out of memory. */
json_t *trace_describe(const struct trace *t);

/** trace_log() - the steps that were done, on debug level.  @id: of the container */
void trace_log(const struct trace *t, const char *id);
