/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cpuset.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* Takes a number off the front of @text. */
static int take_number(const char **text, unsigned long *ret)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	*ret = strtoul(*text, &end, 10);
	if (errno || *ret >= CPU_SETSIZE)
		return -ERANGE;
	*text = end;
	return 0;
}

int cpuset_parse(const char *text, cpu_set_t *ret)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (;; text++) {
		unsigned long first, last;
		int r = take_number(&text, &first);

		last = first;
		if (r == 0 && *text == '-') {
			text++;
			r = take_number(&text, &last);
		}
		if (r < 0)
			return r;
		if (last < first || (*text && *text != ','))
			return -EINVAL;
		for (; first <= last; first++)
			CPU_SET(first, &set);
		if (!*text)
			break;
	}
	*ret = set;
	return 0;
}
