/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "loop/loop.h"
#include "shim/machine/machine.h"

/*
 * What the host could not do for the machine's disks, on its way to moatd and to the log.  A guest
 * can have any number of requests fail: the first is told at once, what follows is summed up after
 * a pause that doubles for as long as it goes on.
 */
struct disk_watch {
	struct disk_errors now; /* as the engine told last */
	uint64_t told;		/* how many of now.count were told */
	uint64_t pause_usec;	/* the timer's; 0: it does not run */
	struct loop *loop;
	struct source *timer, *events;
	const struct shim_machine *machine;
	void (*tell)(void *arg); /* @now has changed */
	void *arg;
};

/** disk_watch_begin() - begin with a machine whose process runs.  @w: loop, tell and arg are set.
 * Return: 0; -errno. */
int disk_watch_begin(struct disk_watch *w, const struct shim_machine *m);

/** disk_watch_catch_up() - read what the engine has said by now, where there is a machine */
void disk_watch_catch_up(struct disk_watch *w);

/** disk_watch_flush() - catch up, and tell what has not been told yet */
void disk_watch_flush(struct disk_watch *w);

/** disk_watch_end() - flush before the machine is released; no more follows */
void disk_watch_end(struct disk_watch *w);

/** disk_watch_reset() - free what the watch holds */
void disk_watch_reset(struct disk_watch *w);
