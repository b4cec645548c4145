/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define RATE_SAMPLES	8
#define RATE_EVERY_USEC 500000u /* between two samples that are kept */
#define RATE_UNKNOWN	UINT64_MAX

/*
 * How fast some work goes on, over the last few seconds.  Bytes at the first sample do not count: a
 * transfer that resumes had them before.
 */
struct rate {
	struct {
		uint64_t usec, bytes;
	} samples[RATE_SAMPLES]; /* oldest first */
	size_t n;
	uint64_t now_usec, now_bytes;
};

/** rate_add() - note that @bytes had come by @usec, of a clock that does not go back.  Fewer bytes
 * than before begin anew. */
void rate_add(struct rate *r, uint64_t usec, uint64_t bytes);

/** rate_per_sec() - bytes per second; RATE_UNKNOWN when it is too early to say */
uint64_t rate_per_sec(const struct rate *r);

/** rate_left_sec() - seconds until @total_bytes; RATE_UNKNOWN when it is too early to say, or never
 */
uint64_t rate_left_sec(const struct rate *r, uint64_t total_bytes);
