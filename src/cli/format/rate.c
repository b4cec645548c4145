/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/rate.h"

#include <string.h>

#define SURE_AFTER_USEC 300000u
#define USEC_PER_SEC	1000000u

static void keep_sample(struct rate *r)
{
	if (r->n == RATE_SAMPLES) {
		memmove(&r->samples[0], &r->samples[1], (RATE_SAMPLES - 1) * sizeof(r->samples[0]));
		r->n--;
	}
	r->samples[r->n].usec = r->now_usec;
	r->samples[r->n++].bytes = r->now_bytes;
}

void rate_add(struct rate *r, uint64_t usec, uint64_t bytes)
{
	if (r->n > 0 && bytes < r->now_bytes)
		r->n = 0;
	r->now_usec = usec;
	r->now_bytes = bytes;
	if (r->n == 0 || usec - r->samples[r->n - 1].usec >= RATE_EVERY_USEC)
		keep_sample(r);
}

uint64_t rate_per_sec(const struct rate *r)
{
	uint64_t usec;

	if (r->n == 0)
		return RATE_UNKNOWN;
	usec = r->now_usec - r->samples[0].usec;
	if (usec < SURE_AFTER_USEC)
		return RATE_UNKNOWN;
	return (uint64_t)((double)(r->now_bytes - r->samples[0].bytes) * USEC_PER_SEC /
			  (double)usec);
}

uint64_t rate_left_sec(const struct rate *r, uint64_t total_bytes)
{
	uint64_t per_sec = rate_per_sec(r);

	if (per_sec == RATE_UNKNOWN || per_sec == 0)
		return RATE_UNKNOWN;
	if (total_bytes <= r->now_bytes)
		return 0;
	return (total_bytes - r->now_bytes + per_sec - 1) / per_sec;
}
