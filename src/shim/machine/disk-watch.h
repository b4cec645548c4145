/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/engine.h"

struct shim;
struct source;

/*
 * What the host could not do for the machine's disks, on its way to moatd and to the log.  A guest
 * can have any number of requests fail: the first is told at once, what follows is summed up after
 * a pause that doubles for as long as it goes on.
 */
struct disk_watch {
	struct disk_errors now; /* as the engine has told */
	uint64_t told;		/* of now.count */
	uint64_t pause_usec;	/* of the timer; 0: it does not run */
	struct source *timer;
};

/** disk_watch_begin() - with a machine whose process is there.  Return: 0; -errno. */
int disk_watch_begin(struct shim *s);

/** disk_watch_catch_up() - read what the engine has said by now, where there is a machine */
void disk_watch_catch_up(struct shim *s);

/** disk_watch_end() - tell what has not been told yet; no more follows */
void disk_watch_end(struct shim *s);
