/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/retry.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"
#include "base/random.h"
#include "image/store/progress.h"

/*
 * Theory of operation: a cut or silent connection, 429 and 5xx are passing failures, as a rule.
 * Pauses double, and are varied by chance, so that clients refused together do not come back
 * together.  A registry's own Retry-After is kept to, if it is short.  A download that makes
 * progress gets all its tries again; it resumes where it stopped, if the server can.
 */

#define TRIES_MAX	 5
#define MIRROR_TRIES	 2 /* few, as there is another server to ask */
#define PAUSE_FIRST_USEC (200 * USEC_PER_MSEC)
#define PAUSE_MAX_USEC	 (60 * USEC_PER_SEC)
#define WAIT_MAX_USEC	 (180 * USEC_PER_SEC) /* all pauses together */
#define STEP_USEC	 (50 * USEC_PER_MSEC)
#define PROGRESS_BYTES	 65536u /* fewer are no progress: a server could keep us busy */
#define TELL_FROM_USEC	 USEC_PER_SEC

bool retry_is_passing(int r, long status)
{
	return r == -ECONNRESET || r == -ETIMEDOUT ||
	       (r == 0 && (status == 408 || status == 416 || status == 429 ||
			   (status >= 500 && status != 501 && status != 505)));
}

uint64_t retry_pause_usec(unsigned tries)
{
	return tries >= TRIES_MAX ? 0 : PAUSE_FIRST_USEC << (tries - 1);
}

/* Varies a pause by up to a quarter. */
static uint64_t vary_pause(uint64_t usec)
{
	uint16_t chance = 0;

	(void)random_bytes(&chance, sizeof(chance));
	return usec - usec / 4 + usec / 2 * chance / UINT16_MAX;
}

static void tell_pause(const struct patience *p, const struct http *h, uint64_t usec)
{
	char text[64];

	if (usec < TELL_FROM_USEC)
		return;
	snprintf(text, sizeof(text), "Retrying in %llu seconds",
		 (unsigned long long)((usec + USEC_PER_SEC - 1) / USEC_PER_SEC));
	progress_report(http_progress(h), p->id, text, 0, 0);
}

static int sleep_for(const struct http *h, uint64_t usec)
{
	uint64_t until = clock_mono_usec() + usec, now;

	while ((now = clock_mono_usec()) < until) {
		uint64_t step = until - now < STEP_USEC ? until - now : STEP_USEC;
		const struct timespec t = { .tv_nsec = (long)(step * NSEC_PER_USEC) };

		if (progress_cancelled(http_progress(h)))
			return -ECANCELED;
		nanosleep(&t, NULL);
	}
	return 0;
}

int retry_wait(struct patience *p, struct http *h, uint64_t have_bytes)
{
	uint64_t pause;

	if (have_bytes >= p->have_bytes + PROGRESS_BYTES) {
		p->tries = 0;
		p->have_bytes = have_bytes;
	}
	pause = retry_pause_usec(++p->tries);
	if (pause == 0 || (p->max_tries && p->tries >= p->max_tries))
		return -EAGAIN;
	pause = vary_pause(pause);
	if (p->retry_after_sec > PAUSE_MAX_USEC / USEC_PER_SEC)
		return -EAGAIN;
	if (p->retry_after_sec * USEC_PER_SEC > pause)
		pause = p->retry_after_sec * USEC_PER_SEC;
	p->waited_usec += pause;
	if (p->waited_usec > WAIT_MAX_USEC)
		return -EAGAIN;
	tell_pause(p, h, pause);
	return sleep_for(h, pause);
}

int registry_retry(struct registry *reg, struct http *h, struct http_request *rq,
		   struct http_response *ret, struct err *err)
{
	struct http_sink *sink = rq->sink;
	struct patience p = { .max_tries = reg->is_mirror ? MIRROR_TRIES : 0,
			      .id = sink ? sink->id : NULL };

	for (;;) {
		int r, wait;

		rq->offset = sink ? sink->have_bytes : 0;
		r = registry_send(reg, h, rq, ret, err);
		if (!retry_is_passing(r, ret->status))
			return r;
		/* The server has nothing from there on, so the next try begins at the beginning. */
		if (ret->status == 416 && sink)
			sink->have_bytes = 0;
		p.retry_after_sec = ret->retry_after_sec;
		wait = retry_wait(&p, h, sink ? sink->have_bytes : 0);
		if (wait == -ECANCELED)
			return err_set(err, -ECANCELED, "cancelled");
		if (wait < 0)
			return r;
		http_response_reset(ret);
	}
}
