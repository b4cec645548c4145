/* SPDX-License-Identifier: Apache-2.0 */
#include "base/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/macro.h"
#include "base/str.h"

static const struct unit {
	const char *name;
	double nsec;
} units[] = {
	{ "ns", 1 },  { "us", 1e3 },	 { "ms", 1e6 },
	{ "s", 1e9 }, { "m", 60 * 1e9 }, { "h", 3600 * 1e9 },
};

/* Reads numbers with units, as Go writes a duration.  Return: is it one? */
static bool parse_duration(const char *s, double *ret_nsec)
{
	double total = 0;

	if (!*s)
		return false;
	while (*s) {
		size_t digits = strspn(s, "0123456789."), letters = strspn(s + digits, "nsumh");
		bool known = false;

		if (digits == 0 || digits > 20 || s[digits - 1] == '.')
			return false;
		for (size_t i = 0; i < ARRAY_SIZE(units) && !known; i++) {
			known = strlen(units[i].name) == letters &&
				strncmp(units[i].name, s + digits, letters) == 0;
			if (known)
				total += strtod(s, NULL) * units[i].nsec;
		}
		if (!known)
			return false;
		s += digits + letters;
	}
	*ret_nsec = total;
	return true;
}

/* Completes a time without a zone with this host's: moatd may be on a host in another one, so it
 * becomes seconds since 1970.  @rest: the text behind the time: a fraction, or nothing */
static char *local_time(struct tm *tm, const char *rest)
{
	time_t seconds;

	tm->tm_isdst = -1;
	seconds = mktime(tm);
	return str_printf("%lld%s", (long long)seconds, *rest ? rest : ".0");
}

/* Return: @text as moatd reads it; owned; NULL without memory. */
static char *complete_time(const char *text)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H",
					       "%Y-%m-%d" };
	struct tm tm = { 0 };
	const char *rest = NULL;
	size_t fraction, i;

	for (i = 0; i < ARRAY_SIZE(formats) && !rest; i++) {
		tm = (struct tm){ 0 };
		rest = strptime(text, formats[i], &tm);
	}
	if (!rest)
		return strdup(text);
	fraction = i == 1 && *rest == '.' ? 1 + strspn(rest + 1, "0123456789") : 0;
	if (!rest[fraction])
		return local_time(&tm, rest);
	if (i == 1 || !strchr("Zz+-", *rest))
		return strdup(text);
	return str_printf("%04d-%02d-%02dT%02d:%02d:00%s", tm.tm_year + 1900, tm.tm_mon + 1,
			  tm.tm_mday, tm.tm_hour, tm.tm_min, rest);
}

int moment_parse(const char *text, int64_t now_nsec, char **ret, struct err *err)
{
	double before;
	int64_t then;

	if (!text) {
		*ret = NULL;
		return 0;
	}
	if (parse_duration(text, &before)) {
		/* No moment is before 1970. */
		then = before > (double)now_nsec ? 0 : now_nsec - (int64_t)before;
		*ret = str_printf("%lld.%09lld", (long long)(then / (int64_t)NSEC_PER_SEC),
				  (long long)(then % (int64_t)NSEC_PER_SEC));
	} else {
		*ret = complete_time(text);
	}
	return *ret ? 0 : err_nomem(err);
}

int moment_duration(const char *text, int64_t *ret_nsec, struct err *err)
{
	double nsec;

	if (streq(text, "0"))
		nsec = 0;
	else if (!parse_duration(text, &nsec) || nsec > (double)(INT64_MAX / 2))
		return err_set(err, -EINVAL, "invalid duration \"%s\"; write 500ms, 30s or 1m30s",
			       text);
	*ret_nsec = (int64_t)nsec;
	return 0;
}
