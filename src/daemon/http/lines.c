/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Reports on a part replace each other faster than anybody can read them.  A
 * new status and the end of a figure are said at once, and what comes between at most every 100 ms
 * for each part.  A report that comes sooner waits until then, and the next one takes its place; so
 * where no other one comes, as with a download that stalls, what was said last is what is so.
 *
 * A report on the whole comes when its parts have ended, as between the tags of a pull: their lines
 * are forgotten.  So there are as many as an image has layers, whose number is bounded where
 * manifests are read.
 */
#include "daemon/http/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"

#define EVERY_USEC (100 * USEC_PER_MSEC)

struct line {
	struct line *next;
	char *id;
	char *status;	    /* what was said last; NULL for want of memory: it counts as new */
	uint64_t said_usec; /* when that was */
	bool waits;	    /* with these figures */
	uint64_t current_bytes, total_bytes;
};

static void free_line(struct line *l)
{
	free(l->id);
	free(l->status);
	free(l);
}

/* Return: borrowed; NULL for want of memory. */
static struct line *line_of(struct lines *all, const char *id)
{
	struct line **p = &all->first, *l;

	while (*p && !streq((*p)->id, id))
		p = &(*p)->next;
	if (*p)
		return *p;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->id = strdup(id);
	if (!l->id) {
		free_line(l);
		return NULL;
	}
	*p = l;
	return l;
}

static bool is_said_by_now(const struct line *l, const struct report *r, uint64_t now_usec)
{
	bool is_end = r->total_bytes > 0 && r->current_bytes == r->total_bytes;

	return !is_end && l->status && streq(l->status, r->status) &&
	       now_usec < l->said_usec + EVERY_USEC;
}

bool lines_report(struct lines *all, const struct report *r, uint64_t now_usec)
{
	struct line *l;

	if (!r->id)
		lines_reset(all);
	l = r->id ? line_of(all, r->id) : NULL;
	if (!l)
		return true;
	l->waits = is_said_by_now(l, r, now_usec);
	if (l->waits) {
		l->current_bytes = r->current_bytes;
		l->total_bytes = r->total_bytes;
		return false;
	}
	l->said_usec = now_usec;
	if (!l->status || !streq(l->status, r->status)) {
		free(l->status);
		l->status = strdup(r->status);
	}
	return true;
}

uint64_t lines_next(const struct lines *all)
{
	uint64_t next = LINES_NEVER;

	for (const struct line *l = all->first; l; l = l->next)
		if (l->waits && l->said_usec + EVERY_USEC < next)
			next = l->said_usec + EVERY_USEC;
	return next;
}

bool lines_take(struct lines *all, uint64_t now_usec, struct report *ret)
{
	for (struct line *l = all->first; l; l = l->next) {
		if (!l->waits || now_usec < l->said_usec + EVERY_USEC)
			continue;
		l->waits = false;
		l->said_usec = now_usec;
		*ret = (struct report){ l->id, l->status, l->current_bytes, l->total_bytes };
		return true;
	}
	return false;
}

void lines_reset(struct lines *all)
{
	while (all->first) {
		struct line *l = all->first;

		all->first = l->next;
		free_line(l);
	}
}
