/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/clock.h"
#include "link/conn.h"

/* Keeps the guest's wall clock at the host's. */

struct timekeeper {
	struct link_conn *link;
	struct source *timer;
	unsigned answers; /* since MACHINE, or since it stood still */
};

/** timekeeper_init() - prepare, without a word to the host.  Return: 0; -errno. */
int timekeeper_init(struct timekeeper *k, struct loop *l, struct link_conn *link);

/** timekeeper_begin() - the time may be any: ask the host for it, and from then on now and then.
 * Return: 0; -errno. */
int timekeeper_begin(struct timekeeper *k);

/** timekeeper_told() - the host's CLOCK has come: set the clock.  Return: 0; -EBADMSG; -errno. */
int timekeeper_told(struct timekeeper *k, struct wire_view payload);

/* The guest's two clocks, read together, in nanoseconds. */
struct time_reading {
	int64_t mono_nsec, wall_nsec;
};

/**
 * timekeeper_error() - how far the wall clock is behind the host's
 * @trust: adjust to the answer even where the clock may be right
 *
 * Pure.  The answer was true at some moment between question and @now.  A question is on its way
 * for far less time than an answer, which has to wake the guest: so it is taken to be from the
 * moment of the question.
 *
 * Return: nanoseconds to add; 0 where the clock may be right, as far as one can tell.
 */
int64_t timekeeper_error(const struct link_clock *answer, const struct time_reading *now,
			 bool trust);
