/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/guard.h"

#include "base/mutex.h"
#include "image/store/progress.h"

static void guarded_report(void *arg, const char *id, const char *status, uint64_t current_bytes,
			   uint64_t total_bytes)
{
	struct progress_guard *g = arg;

	mutex_hold(&g->lock);
	progress_report(g->from, id, status, current_bytes, total_bytes);
}

static bool guarded_cancelled(void *arg)
{
	struct progress_guard *g = arg;

	mutex_hold(&g->lock);
	g->stopped = g->stopped || progress_cancelled(g->from);
	return g->stopped;
}

void progress_guard_init(struct progress_guard *g, const struct progress *from)
{
	*g = (struct progress_guard){
		.from = from,
		.guarded = { .report = guarded_report, .cancelled = guarded_cancelled, .arg = g },
	};
	pthread_mutex_init(&g->lock, NULL);
}

void progress_guard_destroy(struct progress_guard *g)
{
	pthread_mutex_destroy(&g->lock);
}

static void set_stopped(struct progress_guard *g, bool stopped)
{
	mutex_hold(&g->lock);
	g->stopped = stopped;
}

void progress_guard_stop(struct progress_guard *g)
{
	set_stopped(g, true);
}

void progress_guard_again(struct progress_guard *g)
{
	set_stopped(g, false);
}
