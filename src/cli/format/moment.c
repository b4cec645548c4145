/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"

static const struct unit {
	const char *name;
	double nsec;
} units[] = {
	{ "ns", 1 },  { "us", 1e3 },	 { "ms", 1e6 },
	{ "s", 1e9 }, { "m", 60 * 1e9 }, { "h", 3600 * 1e9 },
};

/* @s: numbers with units, as Go writes a duration.  Return: whether it is one. */
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

int moment_parse(const char *text, int64_t now_nsec, char **ret, struct err *err)
{
	double before;
	int64_t then;

	if (!text) {
		*ret = NULL;
		return 0;
	}
	if (parse_duration(text, &before)) {
		if (before > (double)now_nsec)
			return err_set(err, -EINVAL, "\"%s\" is before 1970", text);
		then = now_nsec - (int64_t)before;
		*ret = str_printf("%lld.%09lld", (long long)(then / (int64_t)NSEC_PER_SEC),
				  (long long)(then % (int64_t)NSEC_PER_SEC));
	} else {
		*ret = strdup(text);
	}
	return *ret ? 0 : err_nomem(err);
}

int moment_duration(const char *text, int64_t *ret_nsec, struct err *err)
{
	double nsec;

	if (!parse_duration(text, &nsec) || nsec > (double)(INT64_MAX / 2))
		return err_set(err, -EINVAL, "invalid duration \"%s\"; write 500ms, 30s or 1m30s",
			       text);
	*ret_nsec = (int64_t)nsec;
	return 0;
}
