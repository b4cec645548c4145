/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/macro.h"

int64_t clock_now_nsec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * (int64_t)NSEC_PER_SEC + ts.tv_nsec;
}

uint64_t clock_mono_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / NSEC_PER_USEC;
}

struct timespec clock_timespec(uint64_t mono_usec)
{
	return (struct timespec){
		.tv_sec = (time_t)(mono_usec / USEC_PER_SEC),
		.tv_nsec = (long)(mono_usec % USEC_PER_SEC * 1000),
	};
}

void clock_format(int64_t nsec, char *ret)
{
	int64_t fraction = nsec % (int64_t)NSEC_PER_SEC;
	time_t secs = (time_t)(nsec / (int64_t)NSEC_PER_SEC);
	struct tm tm;
	size_t n;

	if (fraction < 0) {
		fraction += (int64_t)NSEC_PER_SEC;
		secs--;
	}
	gmtime_r(&secs, &tm);
	n = strftime(ret, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret + n, CLOCK_TEXT_MAX - n, ".%09dZ", (int)fraction);
}

/* Reads ".123" as nanoseconds; @s is moved behind the text. */
static int64_t parse_fraction(const char **s)
{
	int64_t nsec = 0, scale = (int64_t)NSEC_PER_SEC;

	if (**s != '.')
		return 0;
	for ((*s)++; **s >= '0' && **s <= '9'; (*s)++) {
		scale /= 10;
		nsec += (**s - '0') * scale;
	}
	return nsec;
}

static int parse_offset(const char *s, long *ret_secs)
{
	int hours, minutes, used = 0;
	char sign;

	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0) {
		*ret_secs = 0;
		return 0;
	}
	if (sscanf(s, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) != 3 || s[used] ||
	    (sign != '+' && sign != '-'))
		return -EINVAL;
	*ret_secs = (sign == '-' ? -1L : 1L) * (hours * 3600L + minutes * 60L);
	return 0;
}

int clock_parse(const char *s, int64_t *ret_nsec)
{
	struct tm tm = { 0 };
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t fraction, secs;
	long offset = 0;
	int used = 0;

	if (rest) {
		fraction = parse_fraction(&rest);
		if (parse_offset(rest, &offset) < 0)
			return -EINVAL;
		secs = (int64_t)timegm(&tm) - offset;
	} else {
		if (sscanf(s, "%19ld%n", &offset, &used) != 1)
			return -EINVAL;
		rest = s + used;
		fraction = parse_fraction(&rest);
		if (*rest)
			return -EINVAL;
		secs = offset;
	}
	if (__builtin_mul_overflow(secs, (int64_t)NSEC_PER_SEC, &secs) ||
	    __builtin_add_overflow(secs, fraction, ret_nsec))
		return -EINVAL;
	return 0;
}
