/* SPDX-License-Identifier: Apache-2.0 */
#include "base/numbered.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"

void numbered_name(const char *name, uint64_t number, char ret[NUMBERED_MAX])
{
	snprintf(ret, NUMBERED_MAX, "%s.%" PRIu64, name, number);
}

struct range {
	const char *name;
	uint64_t first, last; /* 0: none yet */
};

static int note_number(int dir_fd, const char *entry, void *arg)
{
	struct range *range = arg;
	const char *digits = str_starts(entry, range->name);
	uint64_t number;

	(void)dir_fd;
	if (!digits || *digits != '.' || str_to_u64(digits + 1, &number) < 0 || number == 0)
		return 0;
	if (range->first == 0 || number < range->first)
		range->first = number;
	if (number > range->last)
		range->last = number;
	return 0;
}

int numbered_range(int dir_fd, const char *name, uint64_t *ret_first, uint64_t *ret_last)
{
	struct range range = { .name = name };
	int r = path_each(dir_fd, note_number, &range);

	if (r < 0)
		return r;
	if (range.last == 0)
		return -ENOENT;
	*ret_first = range.first;
	*ret_last = range.last;
	return 0;
}

struct removal {
	const char *name;
	uint64_t keep_from;
};

static int remove_old(int dir_fd, const char *entry, void *arg)
{
	const struct removal *what = arg;
	struct range one = { .name = what->name };

	(void)note_number(dir_fd, entry, &one);
	if (one.last == 0 || one.last >= what->keep_from)
		return 0;
	return unlinkat(dir_fd, entry, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int numbered_remove(int dir_fd, const char *name, uint64_t keep_from)
{
	struct removal what = { name, keep_from };

	return path_each(dir_fd, remove_old, &what);
}
