/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/gate.h"

#include "base/clock.h"
#include "base/mutex.h"

void gate_init(struct gate *g, unsigned places, uint64_t lease_usec)
{
	pthread_condattr_t attr;

	*g = (struct gate){ .n_places = places < GATE_PLACES_MAX ? places : GATE_PLACES_MAX,
			    .lease_usec = lease_usec,
			    .turn = 1 };
	pthread_mutex_init(&g->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&g->changed, &attr);
	pthread_condattr_destroy(&attr);
}

void gate_destroy(struct gate *g)
{
	pthread_cond_destroy(&g->changed);
	pthread_mutex_destroy(&g->lock);
}

/* Return: a place that is free, or the one that will be first. */
static struct gate_place *first_free(struct gate *g)
{
	struct gate_place *found = &g->places[0];

	for (unsigned i = 1; i < g->n_places; i++)
		if (g->places[i].until < found->until)
			found = &g->places[i];
	return found;
}

static void wait_until(struct gate *g, uint64_t usec)
{
	const struct timespec ts = clock_timespec(usec);

	(void)pthread_cond_timedwait(&g->changed, &g->lock, &ts);
}

uint64_t gate_enter(struct gate *g)
{
	struct gate_place *place;
	uint64_t number;

	mutex_hold(&g->lock);
	number = ++g->last_number;
	while (g->turn != number)
		pthread_cond_wait(&g->changed, &g->lock);
	while ((place = first_free(g))->until > clock_mono_usec())
		wait_until(g, place->until);
	*place = (struct gate_place){ number, clock_mono_usec() + g->lease_usec };
	g->turn++;
	pthread_cond_broadcast(&g->changed);
	return number;
}

void gate_leave(struct gate *g, uint64_t number)
{
	mutex_hold(&g->lock);
	for (unsigned i = 0; i < g->n_places; i++)
		if (g->places[i].number == number)
			g->places[i] = (struct gate_place){ 0 };
	pthread_cond_broadcast(&g->changed);
}
