/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/writeback.h"

#include <fcntl.h>

#include "base/clock.h"
#include "base/macro.h"
#include "base/thread.h"

#define PERIOD_USEC (50 * USEC_PER_MSEC)

static void *run_writeback(void *arg)
{
	struct writeback *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->over) {
		const struct timespec until = clock_timespec(clock_mono_usec() + PERIOD_USEC);

		pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &until);
		pthread_mutex_unlock(&w->lock);
		(void)sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

void writeback_begin(struct writeback *w, int fd)
{
	*w = (struct writeback){ .fd = fd };
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	if (thread_start(&w->thread, run_writeback, w) < 0)
		w->fd = -1;
}

void writeback_end(struct writeback *w)
{
	pthread_mutex_lock(&w->lock);
	w->over = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	if (w->fd >= 0)
		pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}
