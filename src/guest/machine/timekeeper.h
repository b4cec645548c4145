/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/clock.h"
#include "link/conn.h"

/* Sets the guest's wall clock to the host's, and keeps it there. */

struct timekeeper {
	struct link_conn *link;
	struct source *timer;
	unsigned answers; /* since MACHINE, or since the machine stood still */
};

/** timekeeper_init() - prepare; nothing is sent yet.  Return: 0; -errno. */
int timekeeper_init(struct timekeeper *k, struct loop *l, struct link_conn *link);

/** timekeeper_begin() - ask the host for the time, which is unknown, and ask again from time to
 * time.  Return: 0; -errno. */
int timekeeper_begin(struct timekeeper *k);

/** timekeeper_told() - set the clock by the host's CLOCK.  Return: 0; -EBADMSG; -errno. */
int timekeeper_told(struct timekeeper *k, struct wire_view payload);

/* The guest's two clocks, read together, in nanoseconds. */
struct time_reading {
	int64_t mono_nsec, wall_nsec;
};

/**
 * timekeeper_error() - how far the wall clock is behind the host's
 * @trust: adjust to the answer even where the clock may be right
 *
 * Pure.  The answer was true at some moment between question and @now.  A question takes far less
 * time than its answer, which has to wake the guest: so the moment of the question is taken.
 *
 * Return: nanoseconds to add; 0 where the clock may be right, as far as one can tell.
 */
int64_t timekeeper_error(const struct link_clock *answer, const struct time_reading *now,
			 bool trust);
