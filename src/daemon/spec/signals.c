/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <strings.h>

#include "base/str.h"

/* The kernel's numbers: glibc keeps the first two real-time signals for itself. */
#define RT_FIRST 34
#define RT_LAST	 64

static int by_name(const char *name)
{
	uint32_t offset;

	for (int n = 1; n < RT_FIRST; n++) {
		const char *known = sigabbrev_np(n);

		if (known && strcasecmp(known, name) == 0)
			return n;
	}
	if (strcasecmp(name, "RTMIN") == 0)
		return RT_FIRST;
	if (strcasecmp(name, "RTMAX") == 0)
		return RT_LAST;
	if (strncasecmp(name, "RTMIN+", 6) == 0 && str_to_u32(name + 6, &offset) == 0 &&
	    offset <= RT_LAST - RT_FIRST)
		return RT_FIRST + (int)offset;
	if (strncasecmp(name, "RTMAX-", 6) == 0 && str_to_u32(name + 6, &offset) == 0 &&
	    offset <= RT_LAST - RT_FIRST)
		return RT_LAST - (int)offset;
	return 0;
}

int signal_parse(const char *text, int *ret, struct err *err)
{
	uint32_t number;
	int n;

	if (str_to_u32(text, &number) == 0)
		n = number <= RT_LAST ? (int)number : 0;
	else
		n = by_name(strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text);
	if (n <= 0)
		return err_set(err, -EINVAL, "Invalid signal: %s", text);
	*ret = n;
	return 0;
}
