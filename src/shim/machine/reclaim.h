/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

struct life;
struct source;

/* A machine that used less of a processor than this is idle. */
#define RECLAIM_IDLE_PERCENT 2
/* Its use is looked at no more often than this, whatever its guest says. */
#define RECLAIM_LOOK_USEC (20 * USEC_PER_SEC)

/*
 * When the guest is to let go of what it has cached of files: once it has been idle for a while,
 * and while the host is short of memory.
 */
struct reclaim {
	struct life *life;
	struct source *pressure; /* tells that the host wants memory; NULL: nobody does */
	int fd;			 /* of @pressure */
	uint64_t told_usec;   /* when the guest was told last for @pressure, by clock_mono_usec() */
	uint64_t looked_usec; /* when idleness was judged last; 0: never */
	uint64_t cpu_usec, idle_usec; /* processor time by then, and for how long it was idle */
	bool done;		      /* the guest was told since it was last busy */
};

/** reclaim_begin() - watch the host's memory, where machine.json says so.  To be called before the
 * shim is narrowed. */
void reclaim_begin(struct reclaim *r, struct life *l);

/** reclaim_look() - judge whether the machine is idle; to be called now and then while it is there
 */
void reclaim_look(struct reclaim *r);

/**
 * reclaim_is_due() - has the machine been idle for long enough, for the first time since it was
 * busy?
 * @cpu_usec:   processor time it has used until @now_usec
 * @limit_usec: how long is enough
 *
 * Pure but for @r.
 */
bool reclaim_is_due(struct reclaim *r, uint64_t now_usec, uint64_t cpu_usec, uint64_t limit_usec);

void reclaim_end(struct reclaim *r);
