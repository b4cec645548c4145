/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile registry writes what is read here. */
#include "image/registry/upload-state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define NUMBER_MAX 20 /* digits of 2^64 */

int upload_range_read(const char *value, uint64_t *ret)
{
	const char *unit = str_starts(value, "bytes"), *dash;
	char first[NUMBER_MAX + 1], last[NUMBER_MAX + 1];
	uint64_t from, to;

	if (unit)
		value = unit + strspn(unit, "= ");
	dash = strchr(value, '-');
	if (!dash || dash - value > NUMBER_MAX)
		return -EINVAL;
	snprintf(first, sizeof(first), "%.*s", (int)(dash - value), value);
	dash++;
	if (strcspn(dash, "/ ") > NUMBER_MAX)
		return -EINVAL;
	snprintf(last, sizeof(last), "%.*s", (int)strcspn(dash, "/ "), dash);
	if (str_to_u64(first, &from) < 0 || str_to_u64(last, &to) < 0 || from != 0 ||
	    to == UINT64_MAX)
		return -EINVAL;
	*ret = to == 0 ? 0 : to + 1;
	return 0;
}

uint64_t upload_part_bytes(uint64_t left, uint64_t wanted, uint64_t least)
{
	uint64_t part = wanted > least ? wanted : least;

	return part < left ? part : left;
}
