/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/spare-goal.h"

#include <errno.h>
#include <unistd.h>

#include "base/str.h"

#define MOST_DEFAULT	4u
#define BYTES_PER_SPARE GIB(4) /* one more spare for each of these of the host's memory */

struct spare_bounds spare_bounds_default(void)
{
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t most = bytes / BYTES_PER_SPARE;

	return (struct spare_bounds){
		.least = 1,
		.most = most < 1	      ? 1
			: most < MOST_DEFAULT ? (unsigned)most
					      : MOST_DEFAULT,
	};
}

int spare_bounds_parse(const char *text, const char *what, struct spare_bounds *ret,
		       struct err *err)
{
	struct spare_bounds b;

	if (str_to_range(text, &b.least, &b.most) < 0 || b.most > SPARES_MAX)
		return err_set(err, -EINVAL,
			       "%s is a number of machines from 0 to %u, or two as in 1-4, not "
			       "\"%s\"",
			       what, SPARES_MAX, text);
	*ret = b;
	return 0;
}

void spare_goal_set(struct spare_goal *g, struct spare_bounds bounds)
{
	*g = (struct spare_goal){ .bounds = bounds };
}

void spare_goal_start(struct spare_goal *g, bool found, uint64_t now_usec)
{
	bool in_a_row = g->start_usec > 0 && now_usec < g->start_usec + SPARE_ROW_USEC;
	unsigned now = spare_goal_now(g, now_usec);

	g->start_usec = now_usec;
	if (!in_a_row)
		return;
	g->row_usec = now_usec;
	if (!found && now < g->bounds.most)
		g->extra++;
}

bool spare_goal_in_a_row(const struct spare_goal *g, uint64_t now_usec)
{
	return g->start_usec > 0 && g->row_usec == g->start_usec &&
	       now_usec < g->start_usec + SPARE_ROW_USEC;
}

unsigned spare_goal_now(struct spare_goal *g, uint64_t now_usec)
{
	while (g->extra > 0 && now_usec >= g->row_usec + SPARE_DECAY_USEC) {
		g->row_usec += SPARE_DECAY_USEC;
		g->extra--;
	}
	return g->bounds.least + g->extra;
}

uint64_t spare_goal_next(const struct spare_goal *g)
{
	return g->extra > 0 ? g->row_usec + SPARE_DECAY_USEC : UINT64_MAX;
}
