/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/transfers.h"

#include <errno.h>

#include "base/mutex.h"
#include "base/thread.h"

/*
 * Theory of operation: a queue for a few threads, the caller among them.  The first error stops all
 * of them, and is reported.
 */

#define THREADS_MAX 32

struct queue {
	const struct transfers *t;
	pthread_mutex_t lock; /* guards the members below */
	size_t next;
	int result;
	struct err err;
};

/* Return: number of the next blob; the number of all when none is left, or none is wanted. */
static size_t take_next(struct queue *q)
{
	size_t i = q->t->n;

	mutex_hold(&q->lock);
	if (q->result == 0 && q->next < q->t->n)
		i = q->next++;
	return i;
}

static void note_end(struct queue *q, int r, const struct err *err)
{
	pthread_mutex_lock(&q->lock);
	if (q->result == 0 || q->result == -EALREADY) {
		q->result = r;
		q->err = *err;
	}
	pthread_mutex_unlock(&q->lock);
	if (r != -EALREADY)
		progress_guard_stop(q->t->guard);
}

static void work_off(struct queue *q, struct http *h)
{
	struct err err = { 0 };
	size_t i;

	while ((i = take_next(q)) < q->t->n) {
		int r = q->t->move(q->t->arg, i, h, &err);

		if (r < 0)
			note_end(q, r, &err);
	}
}

static void *thread_main(void *arg)
{
	struct queue *q = arg;
	cleanup_http struct http *h = NULL;

	if (http_new(&q->t->guard->guarded, http_settings(q->t->http), &h) == 0)
		work_off(q, h);
	return NULL;
}

int transfers_run(const struct transfers *t, struct err *err)
{
	size_t wanted = t->n < t->max_at_once ? t->n : t->max_at_once, n = 0;
	pthread_t threads[THREADS_MAX];
	struct queue q = { .t = t };

	pthread_mutex_init(&q.lock, NULL);
	/* Fewer threads are no error: the caller works, too. */
	while (n + 1 < wanted && n < THREADS_MAX && thread_start(&threads[n], thread_main, &q) == 0)
		n++;
	work_off(&q, t->http);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	pthread_mutex_destroy(&q.lock);
	return q.result < 0 ? err_set(err, q.result, "%s", q.err.msg) : 0;
}
