/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/container/freeze.h"

static bool is_running(const struct container *c)
{
	return c->state == CONTAINER_READY && !c->ended && c->init &&
	       c->init->state == PROCESS_RUNNING;
}

int containers_freeze(struct containers *all, bool on)
{
	struct container *c;
	int r = 0;

	LIST_FOREACH (c, &all->list, entry)
		if (r == 0 && is_running(c))
			r = query_freeze(c, on);
	return r;
}

bool containers_are_freezing(const struct containers *all)
{
	const struct container *c;

	LIST_FOREACH (c, &all->list, entry)
		if (is_running(c) && c->queries.freeze_id > 0)
			return true;
	return false;
}

bool containers_have_work(const struct containers *all)
{
	const struct container *c;
	const struct process *p;

	LIST_FOREACH (c, &all->list, entry)
		LIST_FOREACH (p, &c->processes, entry)
			if (p->order == LINK_FILES && p->state != PROCESS_OVER)
				return true;
	return false;
}
