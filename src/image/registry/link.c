/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/link.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Is "next" among the words of a parameter's value, with or without quotes? */
static bool has_next(const char *value, size_t len)
{
	static const char between[] = " \t\"";
	const char *end = value + len;

	while (value < end) {
		size_t n;

		value += strspn(value, between);
		n = strcspn(value, " \t\",;<");
		if (value < end && n == 4 && strncasecmp(value, "next", 4) == 0)
			return true;
		value += n > 0 ? n : 1;
	}
	return false;
}

/* Do an address's parameters, which end at the next address, call it the next page? */
static bool is_next(const char *params)
{
	size_t left = strcspn(params, "<");

	while (left > 0) {
		size_t n = strcspn(params, ";<");
		size_t skip = strspn(params, " \t");

		if (skip < n && strncasecmp(params + skip, "rel", 3) == 0) {
			const char *value = params + skip + 3;

			value += strspn(value, " \t");
			if (*value == '=' && has_next(value + 1, (size_t)(params + n - value - 1)))
				return true;
		}
		n += params[n] == ';';
		params += n;
		left -= n;
	}
	return false;
}

int link_next(const char *value, char **ret)
{
	while ((value = strchr(value, '<'))) {
		const char *end = strchr(++value, '>');

		if (!end)
			return 0;
		if (is_next(end + 1)) {
			*ret = strndup(value, (size_t)(end - value));
			return *ret ? 0 : -ENOMEM;
		}
		value = end;
	}
	return 0;
}
