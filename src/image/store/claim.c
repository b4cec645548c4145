/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/claim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "image/store/progress.h"
#include "image/store/store.h"

/*
 * Theory of operation: two things keep concurrent pulls and removals apart.  A claim makes sure
 * that a blob is fetched, and an image flattened, by one thread at a time: the second one waits and
 * then finds the result.  A thread waits for a claim only while it
 * holds none, so claims cannot deadlock.  A pin
 * protects a blob from garbage collection from before its presence is checked until an image refers
 * to it.
 */

static bool is_claimed(const struct store *st, const char *key)
{
	for (const struct claim *c = st->claims; c; c = c->next)
		if (streq(c->key, key))
			return true;
	return false;
}

static bool add_claim(struct store *st, struct claim *c, const char *key)
{
	if (is_claimed(st, key))
		return false;
	*c = (struct claim){ .key = key, .next = st->claims };
	st->claims = c;
	return true;
}

bool claim_try(struct store *st, struct claim *c, const char *key)
{
	LOCK_STORE(st);

	return add_claim(st, c, key);
}

/* Takes the claim, or waits a second at most for a release.  Return: was it taken? */
static bool await_claim(struct store *st, struct claim *c, const char *key)
{
	struct timespec until;

	LOCK_STORE(st);
	if (is_claimed(st, key)) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&st->released, &st->lock, &until);
	}
	return add_claim(st, c, key);
}

int claim_take(struct store *st, struct claim *c, const char *key, const struct progress *p)
{
	while (!await_claim(st, c, key))
		if (progress_cancelled(p))
			return -ECANCELED;
	return 0;
}

void claim_release(struct store *st, struct claim *c)
{
	LOCK_STORE(st);

	for (struct claim **at = &st->claims; *at; at = &(*at)->next) {
		if (*at != c)
			continue;
		*at = c->next;
		break;
	}
	pthread_cond_broadcast(&st->released);
}

void work_begin(struct work *w, struct store *st)
{
	LOCK_STORE(st);

	*w = (struct work){ .st = st, .next = st->works };
	st->works = w;
}

int work_pin_locked(struct work *w, const struct digest *d)
{
	struct digest *grown = realloc(w->pins, (w->n_pins + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	w->pins = grown;
	w->pins[w->n_pins++] = *d;
	return 0;
}

int work_pin(struct work *w, const struct digest *d)
{
	LOCK_STORE(w->st);

	return work_pin_locked(w, d);
}

void work_end(struct work *w)
{
	LOCK_STORE(w->st);

	for (struct work **at = &w->st->works; *at; at = &(*at)->next) {
		if (*at != w)
			continue;
		*at = w->next;
		break;
	}
	free(w->pins);
	w->pins = NULL;
	pthread_cond_broadcast(&w->st->released);
}
