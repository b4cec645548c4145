/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/clock.h"
#include "base/patience.h"
#include "loop/loop.h"

/* How long guests and clients have for each step. */
struct deadlines {
	uint64_t boot_usec;	   /* until HELLO */
	uint64_t setup_usec;	   /* from CONTAINER to READY */
	uint64_t spawn_usec;	   /* from SPAWN to STARTED or FAILED */
	uint64_t exec_usec;	   /* the same for an exec */
	uint64_t kill_usec;	   /* from SIGKILL, REMOVE or SHUTDOWN until nothing runs */
	uint64_t shutdown_usec;	   /* from then to REMOVED or DOWN */
	uint64_t drain_usec;	   /* for clients to take the last output */
	uint64_t hasty_drain_usec; /* the same where the end of the machine was asked for */
	uint64_t unused_usec;	   /* until somebody asks something of a new shim */
};

/* Long enough for an emulated machine on a busy host. */
#define DEADLINES_DEFAULT                                                                          \
	.boot_usec = 60 * USEC_PER_SEC, .setup_usec = 30 * USEC_PER_SEC,                           \
	.spawn_usec = 60 * USEC_PER_SEC, .exec_usec = 30 * USEC_PER_SEC,                           \
	.kill_usec = 800 * USEC_PER_MSEC, .shutdown_usec = 60 * USEC_PER_SEC,                      \
	.drain_usec = 10 * USEC_PER_SEC, .hasty_drain_usec = 500 * USEC_PER_MSEC,                  \
	.unused_usec = 10 * USEC_PER_SEC

/** deadline_begin() - set a timer for what a guest has to do.  @pid: its engine, which gets more
 * time while it waits for a processor.  Return: 0; -errno. */
static inline int deadline_begin(struct patience *p, struct source *timer, pid_t pid, uint64_t usec)
{
	patience_begin(p, pid, usec);
	return source_set_timer(timer, usec);
}

/** deadline_goes_on() - the timer has run out: set it again if the engine waited for processors.
 * Return: was it set? */
static inline bool deadline_goes_on(struct patience *p, struct source *timer)
{
	uint64_t usec = patience_left(p);

	return usec > 0 && source_set_timer(timer, usec) == 0;
}
