/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "cli/format/rate.h"

#define BAR_MAX 128 /* bytes of a bar with amounts, speed and time */

/* How far some work has come. */
struct bar {
	uint64_t current_bytes;
	uint64_t total_bytes; /* 0: unknown */
	uint64_t per_sec;     /* bytes; RATE_UNKNOWN */
	uint64_t left_sec;    /* RATE_UNKNOWN */
};

/**
 * bar_text() - "[=====>    ] 12.3MB/45MB 3.2MB/s 11s"
 * @width: columns of the terminal
 * @ret:   BAR_MAX bytes
 *
 * Where there is too little room the bar becomes shorter, then the time, the speed and the bar are
 * left out; the amounts always fit where there are 16 columns, and with fewer there is nothing.
 */
void bar_text(const struct bar *b, unsigned width, char *ret);

/** bar_time() - "12s", "2m05s", "1h02m", "3d".  @ret: 16 bytes */
void bar_time(uint64_t seconds, char *ret);
