/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdint.h>

/*
 * A gate that few pass at a time, in the order they came.  A place that somebody holds for too long
 * counts as free, so that nobody holds up the others.
 */

#define GATE_PLACES_MAX 64u

struct gate_place {
	uint64_t number; /* of the holder; 0: nobody */
	uint64_t until;	 /* by clock_mono_usec(): after this the place is free */
};

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned n_places;
	uint64_t lease_usec;
	uint64_t last_number; /* given out last; whoever comes gets the next */
	uint64_t turn;	      /* the number whose turn it is */
	struct gate_place places[GATE_PLACES_MAX];
};

/** gate_init() - @places: at least 1; those beyond GATE_PLACES_MAX are not used */
void gate_init(struct gate *g, unsigned places, uint64_t lease_usec);
void gate_destroy(struct gate *g);

/** gate_enter() - wait for a place.  Return: a number for gate_leave(). */
uint64_t gate_enter(struct gate *g);

/** gate_leave() - give up a place, if it is not somebody else's by now */
void gate_leave(struct gate *g, uint64_t number);
