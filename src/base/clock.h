/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <time.h>

#define CLOCK_TEXT_MAX 40

/** clock_now_nsec() - wall clock, nanoseconds since 1970 (CLOCK_REALTIME) */
int64_t clock_now_nsec(void);

/** clock_mono_usec() - microseconds of CLOCK_MONOTONIC, for deadlines and durations */
uint64_t clock_mono_usec(void);

/** clock_timespec() - a moment of clock_mono_usec() as a timespec, for waits until then */
struct timespec clock_timespec(uint64_t mono_usec);

/**
 * clock_format() - RFC 3339 in UTC with nanoseconds, as Docker prints it
 * @nsec: nanoseconds since 1970
 * @ret:  at least CLOCK_TEXT_MAX bytes; "2026-01-02T03:04:05.000000006Z"
 */
void clock_format(int64_t nsec, char *ret);

/**
 * clock_parse() - RFC 3339 (any offset, fraction optional) or seconds since 1970 with an optional
 * fraction
 *
 * Return: 0; -EINVAL.
 */
int clock_parse(const char *s, int64_t *ret_nsec);
