/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trace.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/macro.h"
#include "cli/cli.h"

struct step {
	const char *name, *what;
	uint64_t usec;
};

static int by_time(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	return x->usec < y->usec ? -1 : x->usec > y->usec;
}

void trace_print(const struct trace_own *own, const json_t *trace)
{
	const json_t *times = json_object_get(trace, "TimesUsec");
	struct step steps[] = {
		{ "created", "the container is made", own->created },
		{ "attached", "its streams are connected", own->attached },
		{ "asked", "moatd has the request to start it", 0 },
		{ "template", "what the machine is restored from is found", 0 },
		{ "begun", "moat-shim works for it", 0 },
		{ "engine", "the machine's process runs", 0 },
		{ "ready", "the guest is set up for it", 0 },
		{ "started", "its process runs", 0 },
		{ "output", "it has put something out", 0 },
		{ "exited", "its process has ended", 0 },
		{ "ended", "the machine has ended", 0 },
		{ "answered", "moat knows of that", own->answered },
	};
	uint64_t before = own->begun;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (!steps[i].usec)
			steps[i].usec = (uint64_t)cli_int(times, steps[i].name);
	qsort(steps, ARRAY_SIZE(steps), sizeof(*steps), by_time);
	fprintf(stderr, "%-10s%10s%12s  %s\n", "STEP", "AT ms", "TOOK ms",
		json_is_true(json_object_get(trace, "Spare"))	   ? "(a spare machine)"
		: json_is_true(json_object_get(trace, "Forked"))   ? "(a forked machine)"
		: json_is_true(json_object_get(trace, "Restored")) ? "(a restored machine)"
								   : "(a booted machine)");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].usec < own->begun)
			continue;
		fprintf(stderr, "%-10s%10.1f%12.1f  %s\n", steps[i].name,
			(double)(steps[i].usec - own->begun) / 1e3,
			(double)(steps[i].usec - before) / 1e3, steps[i].what);
		before = steps[i].usec;
	}
}
