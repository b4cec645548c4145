/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One thread makes spares and clears away, whatever takes time; starts only
 * take a ready one out of the list.  A spare is restored and rehearsed, which takes as long as a
 * few starts, so it is done while none is under way.  Starts that come in a row need more than
 * that: where machines can be forked there is a zygote for them, of which further spares are
 * forked, and starts that find none fork their own.  The thread sleeps until something happens: it
 * has to make one, one has died, or all were idle for too long.
 *
 * There is one kind of machine at a time: that of the first start, and then of whichever was
 * started twice in a row.  Spares of another kind go.  How many are kept is in spare-goal.h.
 */
#include "daemon/machine/spares-inner.h"

#include <poll.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/machine/spare-make.h"

#define FDS_MAX (SPARES_MAX + 2)

/* These functions, up to sleep_for_news(), are called with the lock held where they do not say
 * otherwise. */
static bool is_of_use(struct spares *s, const struct spare *m)
{
	return streq(m->key, s->key) && !spares_are_idle(s, clock_mono_usec()) && !spare_is_done(m);
}

static void sort_out(struct spares *s)
{
	uint64_t now = clock_mono_usec();
	struct spare **at = &s->ready;

	while (*at) {
		if (!is_of_use(s, *at))
			spares_discard(s, at);
		else
			at = &(*at)->next;
	}
	while ((at = spares_find_surplus(s, now)))
		spares_discard(s, at);
	if (s->zygote && (!is_of_use(s, s->zygote) || !spares_want_zygote(s, now)))
		spare_push(&s->waste, take_ptr(s->zygote));
}

static void give_up_forking(struct spares *s, const struct err *why)
{
	if (spares_give_up_forking(s, clock_mono_usec()))
		log_warning("machines are not forked but restored: %s", why->msg);
	else
		log_debug("machines are not forked: %s", why->msg);
}

/* Called without the lock.  @of: the zygote to fork it of; NULL */
static int make_machine(struct spares *s, enum spares_task task, const struct spare *of,
			struct spare **ret, struct err *err)
{
	cleanup(machine_plan_reset) struct machine_plan plan = { 0 };
	int r;

	pthread_mutex_lock(&s->lock);
	r = machine_plan_copy(&s->plan, &plan) < 0 ? err_nomem(err) : 0;
	pthread_mutex_unlock(&s->lock);
	if (r == 0 && !s->has_image)
		r = spare_rehearsal_image(s->dir_fd, err);
	s->has_image = r == 0;
	if (r < 0)
		return r;
	return task == SPARES_MAKE_ZYGOTE ? spare_make_zygote(s->ms, &plan, ret, err)
					  : spare_make(s->ms, &plan, of, ret, err);
}

/* Makes a zygote, or a spare; the lock is released meanwhile. */
static void make_one(struct spares *s, enum spares_task task)
{
	const struct spare *of = task == SPARES_FORK ? s->zygote : NULL;
	struct spare *m = NULL;
	struct err err = { 0 };
	int r;

	pthread_mutex_unlock(&s->lock);
	r = make_machine(s, task, of, &m, &err);
	pthread_mutex_lock(&s->lock);
	if (r == 0 && task == SPARES_MAKE_ZYGOTE) {
		s->zygote = m;
		s->proven = false;
	} else if (r == 0) {
		spares_add_ready(s, m);
		if (of)
			spares_forks_work(s);
	} else if (task != SPARES_RESTORE) {
		give_up_forking(s, &err);
	} else {
		log_warning("no spare machine: %s", err.msg);
		s->retry_usec = clock_mono_usec() + SPARES_RETRY_USEC;
	}
}

/* Has a spare rehearse; the lock is released meanwhile. */
static void rehearse_one(struct spares *s)
{
	struct spare *m = spare_pop(spares_find_unrehearsed(s));
	struct err err = { 0 };
	int r;

	s->n_ready--;
	pthread_mutex_unlock(&s->lock);
	r = spare_rehearse(s->ms, m, &err);
	pthread_mutex_lock(&s->lock);
	if (r == 0) {
		spares_add_ready(s, m);
		return;
	}
	log_debug("a spare machine does not rehearse: %s", err.msg);
	spare_push(&s->waste, m);
}

/* Ends one spare, makes one, or has one rehearse.  Return: was there anything to do? */
static bool do_next_task(struct spares *s)
{
	uint64_t now = clock_mono_usec(), when;
	enum spares_task task;
	struct spare *m;

	sort_out(s);
	m = s->waste ? spare_pop(&s->waste) : NULL;
	if (m) {
		pthread_mutex_unlock(&s->lock);
		spare_end(s->ms, m);
		pthread_mutex_lock(&s->lock);
		return true;
	}
	task = spares_decide(s, now, &when);
	if (task == SPARES_NOTHING || now < when)
		return false;
	if (task == SPARES_REHEARSE)
		rehearse_one(s);
	else
		make_one(s, task);
	return true;
}

/* How long to sleep if nothing happens; -1: for ever. */
static int timeout_msec(struct spares *s)
{
	uint64_t now = clock_mono_usec(), next = spares_next(s, now);

	return next == UINT64_MAX ? -1 : next <= now ? 0 : (int)((next - now) / USEC_PER_MSEC) + 1;
}

static nfds_t add_all(struct pollfd *fds, nfds_t n, const struct spare *list)
{
	for (; list && n < FDS_MAX; list = list->next)
		fds[n++] = (struct pollfd){ .fd = list->fd, .events = POLLIN };
	return n;
}

/* A shim says nothing while its spare waits: a connection that can be read has ended. */
static void sleep_for_news(struct spares *s)
{
	struct pollfd fds[FDS_MAX] = { { .fd = s->wake_fd, .events = POLLIN } };
	nfds_t n = add_all(fds, add_all(fds, 1, s->zygote), s->ready);
	int timeout = timeout_msec(s);
	eventfd_t ignored;

	pthread_mutex_unlock(&s->lock);
	(void)poll(fds, n, timeout);
	(void)eventfd_read(s->wake_fd, &ignored);
	pthread_mutex_lock(&s->lock);
}

void *spares_keep(void *arg)
{
	struct spares *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;)
		if (!do_next_task(s))
			sleep_for_news(s);
	return NULL;
}
