/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How long to wait for a process that has something to do.  A process that hangs is given up when
 * its time is over; one that only waits for a processor, as on a host that is too busy, gets more,
 * up to PATIENCE_FACTOR times as much.
 */
struct patience {
	pid_t pid;	     /* 0: not known, and it gets no more time */
	uint64_t until_usec; /* by clock_mono_usec(), as is @last_usec */
	uint64_t last_usec;
	uint64_t slice_usec; /* how long it is watched when its time is over */
	bool seen;	     /* the watch has begun; below: the times by then */
	uint64_t ran_usec, waited_usec;
	bool is_cut; /* the time was cut: the process never had it all */
};

#define PATIENCE_FACTOR 5u

/** patience_begin() - wait from now on.  @pid: a process of several threads, or 0. */
void patience_begin(struct patience *p, pid_t pid, uint64_t usec);

/** patience_left() - how long to wait before this is asked again, in usec.  Return: 0 when the time
 * is over. */
uint64_t patience_left(struct patience *p);
