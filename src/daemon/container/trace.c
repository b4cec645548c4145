/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/trace.h"

#include "base/buf.h"
#include "base/log.h"

static const char *const names[TRACE_STEPS] = {
	[TRACE_ASKED] = "asked",   [TRACE_TEMPLATE] = "template", [TRACE_BEGUN] = "begun",
	[TRACE_ENGINE] = "engine", [TRACE_READY] = "ready",	  [TRACE_STARTED] = "started",
	[TRACE_OUTPUT] = "output", [TRACE_EXITED] = "exited",	  [TRACE_ENDED] = "ended",
};

void trace_note(struct trace *t, const struct control_event *event)
{
	const uint64_t usec[TRACE_STEPS] = {
		[TRACE_BEGUN] = event->times.begun,   [TRACE_ENGINE] = event->times.engine,
		[TRACE_READY] = event->times.ready,   [TRACE_STARTED] = event->times.started,
		[TRACE_OUTPUT] = event->times.output, [TRACE_EXITED] = event->times.exited,
		[TRACE_ENDED] = event->times.ended,
	};

	t->spare = event->machine == MACHINE_SPARE;
	t->forked = event->machine == MACHINE_FORKED;
	t->restored = event->machine != MACHINE_BOOTED;
	for (int i = TRACE_BEGUN; i < TRACE_STEPS; i++)
		if (usec[i] > 0)
			t->usec[i] = usec[i];
}

json_t *trace_describe(const struct trace *t)
{
	json_t *times = json_object();

	for (int i = 0; times && i < TRACE_STEPS; i++)
		if (t->usec[i] > 0)
			json_object_set_new(times, names[i], json_integer((json_int_t)t->usec[i]));
	return json_pack("{s:b, s:b, s:b, s:o}", "Restored", (int)t->restored, "Spare",
			 (int)t->spare, "Forked", (int)t->forked, "TimesUsec", times);
}

void trace_log(const struct trace *t, const char *id)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	for (int i = TRACE_TEMPLATE; i < TRACE_STEPS; i++)
		if (t->usec[i] > 0 && buf_addf(&b, " %s %lld", names[i],
					       (long long)(t->usec[i] - t->usec[TRACE_ASKED])) < 0)
			return;
	log_debug("container %.12s: %s; usec from the request:%s", id,
		  !t->restored ? "booted"
		  : t->spare   ? "spare"
		  : t->forked  ? "forked"
			       : "restored",
		  b.len ? b.data : "");
}
