/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/format.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"
#include "base/str.h"

void format_duration(int64_t seconds, char *ret)
{
	int64_t minutes = seconds / 60, hours = (seconds + 1800) / 3600;

	if (seconds < 1)
		snprintf(ret, FORMAT_MAX, "Less than a second");
	else if (seconds == 1)
		snprintf(ret, FORMAT_MAX, "1 second");
	else if (seconds < 60)
		snprintf(ret, FORMAT_MAX, "%d seconds", (int)seconds);
	else if (minutes == 1)
		snprintf(ret, FORMAT_MAX, "About a minute");
	else if (minutes < 60)
		snprintf(ret, FORMAT_MAX, "%d minutes", (int)minutes);
	else if (hours == 1)
		snprintf(ret, FORMAT_MAX, "About an hour");
	else if (hours < 48)
		snprintf(ret, FORMAT_MAX, "%d hours", (int)hours);
	else if (hours < 24 * 7 * 2)
		snprintf(ret, FORMAT_MAX, "%d days", (int)(hours / 24));
	else if (hours < 24 * 30 * 2)
		snprintf(ret, FORMAT_MAX, "%d weeks", (int)(hours / 24 / 7));
	else if (hours < 24 * 365 * 2)
		snprintf(ret, FORMAT_MAX, "%d months", (int)(hours / 24 / 30));
	else
		snprintf(ret, FORMAT_MAX, "%lld years", (long long)(hours / 24 / 365));
}

void format_ago(int64_t then_nsec, int64_t now_nsec, char *ret)
{
	char text[FORMAT_MAX];
	int64_t second = (int64_t)NSEC_PER_SEC;

	format_duration(now_nsec / second - then_nsec / second, text);
	snprintf(ret, FORMAT_MAX, "%.50s ago", text);
}

void format_since(int64_t seconds, int64_t unknown, char *ret)
{
	if (seconds <= unknown)
		snprintf(ret, FORMAT_MAX, "N/A");
	else
		format_ago(seconds * (int64_t)NSEC_PER_SEC, clock_now_nsec(), ret);
}

void format_date(int64_t seconds, char *ret)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	*ret = '\0';
	if (localtime_r(&t, &tm))
		strftime(ret, FORMAT_MAX, "%Y-%m-%d %H:%M:%S %z %Z", &tm);
}

/* @limit: a figure from here on would need more digits when rounded, and takes the next unit. */
static void format_scaled(double v, double base, double limit, const char *const *units, char *ret)
{
	int digits = base > 1000 ? 4 : 3;

	while (v >= limit && units[1]) {
		v /= base;
		units++;
	}
	snprintf(ret, FORMAT_MAX, "%.*g%s", digits, v, *units);
}

void format_size(uint64_t bytes, char *ret)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB", NULL };

	format_scaled((double)bytes, 1000, 999.5, units, ret);
}

void format_binary_size(uint64_t bytes, char *ret)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", NULL };

	format_scaled((double)bytes, 1024, 1023.5, units, ret);
}

static size_t utf8_length(unsigned char first)
{
	return first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

char *format_ellipsis(const char *s, unsigned width)
{
	size_t left = strlen(s), at = 0, cut = 0;

	for (unsigned n = 0; left > 0; n++) {
		size_t l = utf8_length((unsigned char)s[at]);

		if (n == width)
			return str_printf("%.*s…", (int)cut, s);
		if (n + 1 == width)
			cut = at;
		if (l > left)
			l = left;
		at += l;
		left -= l;
	}
	return strdup(s);
}

void format_short_id(const char *id, char *ret)
{
	const char *hex = str_starts(id, "sha256:");

	snprintf(ret, FORMAT_MAX, "%.12s", hex ? hex : id);
}
