/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Software emulation hands the host's time stamp counter through to the
 * guest, so its rate is the host's, which the kernel tells nobody.  Two readings of counter and
 * clock together give it.  A reading that was interrupted between the two is known by how long it
 * took; the quickest of a few is good to some tens of nanoseconds: 0.01 % over a millisecond.
 */
#include "engine/qemu/tsc.h"

#include <stdint.h>
#include <time.h>

#include "base/macro.h"

#if defined(__x86_64__)
#include <x86intrin.h>

#define TRIES	      8
#define INTERVAL_NSEC 1000000

struct reading {
	uint64_t ticks;
	uint64_t nsec;
};

static struct reading take_reading(void)
{
	struct reading best = { 0 };
	uint64_t best_width = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = __rdtsc(), after;
		struct timespec ts;

		clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
		after = __rdtsc();
		if (after - before >= best_width)
			continue;
		best_width = after - before;
		best.ticks = before + best_width / 2;
		best.nsec = (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
	}
	return best;
}

unsigned tsc_khz(void)
{
	const struct timespec interval = { .tv_nsec = INTERVAL_NSEC };
	struct reading a = take_reading(), b;
	double khz;

	nanosleep(&interval, NULL);
	b = take_reading();
	if (b.nsec <= a.nsec || b.ticks <= a.ticks)
		return 0;
	khz = (double)(b.ticks - a.ticks) * 1e6 / (double)(b.nsec - a.nsec);
	return khz > 1e3 && khz < 1e8 ? (unsigned)(khz + 0.5) : 0;
}
#else
unsigned tsc_khz(void)
{
	return 0;
}
#endif
