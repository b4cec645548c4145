/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container that is to be started again is marked, with the time, under
 * the table's lock.  One thread sleeps until the earliest of these times and has the start done by
 * a thread of its own, since a start can take long; a few run at once, and with nothing to start
 * there is only the one that sleeps.  The mark is taken away by the start that succeeds, or by
 * whoever stops, starts or removes the container first.
 */
#include "daemon/container/restart.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "daemon/container/start.h"
#include "daemon/container/transition.h"

#define DELAY_MAX_USEC (60 * USEC_PER_SEC)
#define RETRY_USEC     (1 * USEC_PER_SEC)
#define STARTS_MAX     4u

struct restarter {
	struct containers *table;
	pthread_t thread;
	pthread_cond_t wake; /* goes with the table's lock */
	bool running, quit;
	unsigned starts; /* starts that are under way */
};

/* One start, on its thread. */
struct start {
	struct restarter *restarter;
	struct container *c; /* a reference */
};

/* Under the table's lock. */
static void schedule_start(struct container *c, uint64_t delay_usec)
{
	c->restart.due_usec = clock_mono_usec() + delay_usec;
	pthread_cond_signal(&c->table->restarter->wake);
}

bool restart_after_end(struct container *c, int64_t ran_nsec)
{
	if (c->kept || c->rec.stopped ||
	    !restart_is_wanted(&c->restart.policy, c->rec.exit_code, c->rec.restart_count))
		return false;
	c->rec.restart_count++;
	c->restart.delay_usec = restart_delay(c->restart.delay_usec, ran_nsec);
	schedule_start(c, c->restart.delay_usec);
	return true;
}

void restart_recover(struct container *c)
{
	const struct restart_policy *policy = &c->restart.policy;

	mutex_hold(&c->table->lock);
	if (container_is(c, STATE(EXITED)) &&
	    (policy->kind == RESTART_ALWAYS ||
	     (!c->rec.stopped &&
	      restart_is_wanted(policy, c->rec.exit_code, c->rec.restart_count)))) {
		c->rec.stopped = false;
		container_enter(c, CONTAINER_WAITING);
		schedule_start(c, 0);
	}
}

void restart_give_up(struct container *c)
{
	if (container_is(c, STATE(WAITING)))
		container_enter(c, CONTAINER_EXITED);
	else if (container_is(c, STATES_BEGINNING) && c->from == CONTAINER_WAITING)
		c->from = CONTAINER_EXITED;
}

bool restart_forbid(struct container *c)
{
	bool waited, save;

	pthread_mutex_lock(&c->table->lock);
	waited = container_shown(c) == CONTAINER_WAITING;
	save = c->restart.policy.kind != RESTART_NO && !c->rec.stopped &&
	       !container_is(c, STATE(REMOVED));
	restart_give_up(c);
	c->rec.stopped = true;
	pthread_mutex_unlock(&c->table->lock);
	if (save)
		container_save(c);
	return waited;
}

static void *run_start(void *arg)
{
	struct start *s = arg;
	struct restarter *r = s->restarter;
	struct err err = { 0 };

	if (container_start_again(s->c, &err) < 0)
		log_warning("container %.12s: not started again: %s", s->c->rec.id, err.msg);
	pthread_mutex_lock(&r->table->lock);
	/* The container's files are in use, so the start was not even tried: try again later. */
	if (container_is(s->c, STATE(WAITING)) && s->c->restart.due_usec == UINT64_MAX)
		s->c->restart.due_usec = clock_mono_usec() + RETRY_USEC;
	pthread_mutex_unlock(&r->table->lock);
	container_unref(s->c);
	pthread_mutex_lock(&r->table->lock);
	r->starts--;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->table->lock);
	free(s);
	return NULL;
}

/* Under the table's lock.  A start for which memory is lacking now is tried again later. */
static void begin_start(struct restarter *r, struct container *c)
{
	struct start *s = malloc(sizeof(*s));

	c->restart.due_usec = UINT64_MAX;
	if (s) {
		*s = (struct start){ r, c };
		c->refs++;
		r->starts++;
		if (thread_start(NULL, run_start, s) == 0)
			return;
		c->refs--;
		r->starts--;
		free(s);
	}
	c->restart.due_usec = clock_mono_usec() + DELAY_MAX_USEC;
}

static struct container *earliest_due(const struct restarter *r)
{
	struct container *first = NULL;

	for (struct container *c = r->table->first; c; c = c->next)
		if (container_is(c, STATE(WAITING)) && c->restart.due_usec != UINT64_MAX &&
		    (!first || c->restart.due_usec < first->restart.due_usec))
			first = c;
	return first;
}

static void sleep_until(struct restarter *r, uint64_t usec)
{
	const struct timespec ts = clock_timespec(usec);

	pthread_cond_timedwait(&r->wake, &r->table->lock, &ts);
}

static void *run_restarter(void *arg)
{
	struct restarter *r = arg;

	mutex_hold(&r->table->lock);
	while (!r->quit) {
		struct container *c = r->starts < STARTS_MAX ? earliest_due(r) : NULL;

		if (!c)
			pthread_cond_wait(&r->wake, &r->table->lock);
		else if (c->restart.due_usec > clock_mono_usec())
			sleep_until(r, c->restart.due_usec);
		else
			begin_start(r, c);
	}
	return NULL;
}

int restarter_new(struct containers *t, struct restarter **ret)
{
	struct restarter *r = calloc(1, sizeof(*r));
	pthread_condattr_t clock;
	int code;

	if (!r)
		return -ENOMEM;
	r->table = t;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &clock);
	pthread_condattr_destroy(&clock);
	code = thread_start(&r->thread, run_restarter, r);
	r->running = code == 0;
	if (code != 0) {
		restarter_free(r);
		return code;
	}
	*ret = r;
	return 0;
}

void restarter_stop(struct restarter *r)
{
	if (!r->running)
		return;
	pthread_mutex_lock(&r->table->lock);
	r->quit = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->table->lock);
	pthread_join(r->thread, NULL);
	r->running = false;
	pthread_mutex_lock(&r->table->lock);
	while (r->starts > 0)
		pthread_cond_wait(&r->wake, &r->table->lock);
	pthread_mutex_unlock(&r->table->lock);
}

void restarter_free(struct restarter *r)
{
	if (!r)
		return;
	restarter_stop(r);
	pthread_cond_destroy(&r->wake);
	free(r);
}
