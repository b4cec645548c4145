/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/trace.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"

static const char *const names[TRACE_STEPS] = {
	[TRACE_ASKED] = "asked",   [TRACE_TEMPLATE] = "template", [TRACE_BEGUN] = "begun",
	[TRACE_ENGINE] = "engine", [TRACE_READY] = "ready",	  [TRACE_STARTED] = "started",
	[TRACE_OUTPUT] = "output", [TRACE_EXITED] = "exited",	  [TRACE_ENDED] = "ended",
};

int trace_note(struct trace *t, const json_t *event, struct err *err)
{
	const char *machine = NULL;
	struct trace new = *t;
	json_t *times;
	int r = json_get_object(event, "times_usec", &times, err);

	if (r < 0 || !times)
		return r;
	r = json_get_str(event, "machine", &machine, err);
	new.spare = machine &&streq(machine, "spare");
	new.restored = new.spare || (machine && streq(machine, "restored"));
	for (int i = TRACE_BEGUN; r == 0 && i < TRACE_STEPS; i++) {
		int64_t usec = 0;

		r = json_get_i64(times, names[i], &usec, err);
		if (usec > 0)
			new.usec[i] = (uint64_t)usec;
	}
	if (r == 0)
		*t = new;
	return r;
}

json_t *trace_describe(const struct trace *t)
{
	json_t *times = json_object();

	for (int i = 0; times && i < TRACE_STEPS; i++)
		if (t->usec[i] > 0)
			json_object_set_new(times, names[i], json_integer((json_int_t)t->usec[i]));
	return json_pack("{s:b, s:b, s:o}", "Restored", (int)t->restored, "Spare", (int)t->spare,
			 "TimesUsec", times);
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
			       : "restored",
		  b.len ? b.data : "");
}
