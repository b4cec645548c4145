/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How long a process is waited for that is to do something.  One that hangs is given up when its
 * time is over; one that only waits for a processor, as on a host that is too busy, is given more
 * of it, up to PATIENCE_FACTOR times as much.
 */
struct patience {
	pid_t pid;	     /* 0: not known, and its time is all it gets */
	uint64_t until_usec; /* by clock_mono_usec(), as is @last_usec */
	uint64_t last_usec;
	uint64_t slice_usec; /* for so long it is looked at when its time is over */
	bool seen;	     /* that has begun; then: what it had had by then */
	uint64_t ran_usec, waited_usec;
	bool is_cut; /* when it is over: it never had its time */
};

#define PATIENCE_FACTOR 5u

/** patience_begin() - wait from now on.  @pid: a process of several threads, or 0. */
void patience_begin(struct patience *p, pid_t pid, uint64_t usec);

/** patience_left() - for how long it is to be waited for, before this is asked again; in usec.
 * Return: 0 when it is over. */
uint64_t patience_left(struct patience *p);
