/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  MACHINE brings the time, but in a machine that was just restored, tens of
 * milliseconds pass until it is read.  A question to the host arrives at once: so moat-init
 * asks as soon as it runs, goes on with its work, and finds the answer when it
 * has done that; its own monotonic clock, which the answer repeats, says how long ago it asked.
 *
 * On a busy host the question may have been late all the same.  So it is repeated while nothing
 * else is to do, until one is answered so soon that there can be little error.
 *
 * After that it asks every half a minute: the rate of the guest's clock is good to some 0.01 %
 * (engine/qemu/tsc.c), which is nine seconds a day.  Such small errors are taken out
 * slowly, larger ones, as after a pause, at once.
 */
#include "guest/machine/timekeeper.h"

#include <errno.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/macro.h"

#define INTERVAL_USEC (30 * USEC_PER_SEC)
#define SETTLE_USEC   (50 * USEC_PER_MSEC)
#define SETTLE_TRIES  8
#define GOOD_NSEC     4000000	/* an answer sooner than this is good enough */
#define STEP_NSEC     100000000 /* a larger error is set at once, and a smaller one slowly */

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * (int64_t)NSEC_PER_SEC + ts.tv_nsec;
}

static int on_timer(struct source *s, void *arg);

int timekeeper_init(struct timekeeper *k, struct loop *l, struct link_conn *link)
{
	*k = (struct timekeeper){ .link = link };
	return loop_add_timer(l, UINT64_MAX, on_timer, k, &k->timer);
}

static int ask_for_time(struct timekeeper *k)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = link_clock_ask_put(&b, (uint64_t)read_clock(CLOCK_MONOTONIC));

	if (r == 0)
		r = link_send(k->link, (struct link_header){ .type = LINK_CLOCK }, b.data, b.len);
	return r < 0 ? r : source_set_timer(k->timer, INTERVAL_USEC);
}

static int on_timer(struct source *s, void *arg)
{
	(void)s;
	return ask_for_time(arg);
}

int timekeeper_begin(struct timekeeper *k)
{
	k->answers = 0;
	return ask_for_time(k);
}

/* Sets the clock by the host's answer, which came @since_nsec after the question. */
static int settle_clock(struct timekeeper *k, int64_t since_nsec)
{
	if (since_nsec <= GOOD_NSEC || k->answers >= SETTLE_TRIES) {
		k->answers = SETTLE_TRIES;
		return 0;
	}
	k->answers++;
	return source_set_timer(k->timer, SETTLE_USEC);
}

int64_t timekeeper_error(const struct link_clock *answer, const struct time_reading *now,
			 bool trust)
{
	int64_t since = now->mono_nsec - (int64_t)answer->asked_nsec;

	if (since < 0)
		return 0;
	if (!trust && now->wall_nsec >= answer->now_nsec &&
	    now->wall_nsec <= answer->now_nsec + since)
		return 0;
	return answer->now_nsec + since - now->wall_nsec;
}

/* A clock that this machine may not set is left as it is. */
static void add_at_once(int64_t nsec)
{
	int64_t rest = nsec % (int64_t)NSEC_PER_SEC;
	struct timex t = { .modes = ADJ_SETOFFSET | ADJ_NANO };

	if (rest < 0)
		rest += (int64_t)NSEC_PER_SEC;
	t.time.tv_sec = (time_t)((nsec - rest) / (int64_t)NSEC_PER_SEC);
	t.time.tv_usec = (suseconds_t)rest; /* nanoseconds, because of ADJ_NANO */
	(void)adjtimex(&t);
}

static void add_slowly(int64_t nsec)
{
	const struct timeval delta = { .tv_usec = (suseconds_t)(nsec / (int64_t)NSEC_PER_USEC) };

	(void)adjtime(&delta, NULL);
}

int timekeeper_told(struct timekeeper *k, struct wire_view payload)
{
	bool settled = k->answers == SETTLE_TRIES;
	struct time_reading now;
	struct link_clock answer;
	int64_t error;

	if (link_clock_get(payload, &answer) < 0)
		return -EBADMSG;
	if (answer.asked_nsec == 0) {
		k->answers = 1;
		return ask_for_time(k);
	}
	now.mono_nsec = read_clock(CLOCK_MONOTONIC);
	now.wall_nsec = read_clock(CLOCK_REALTIME);
	error = timekeeper_error(&answer, &now, k->answers == 0);
	if (!settled || error > STEP_NSEC || error < -STEP_NSEC)
		add_at_once(error);
	else if (error != 0)
		add_slowly(error);
	return settle_clock(k, now.mono_nsec - (int64_t)answer.asked_nsec);
}
