/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "image/image.h"

/* Lets threads report through one struct progress, one at a time, and stop together. */
struct progress_guard {
	const struct progress *from; /* borrowed; may be NULL */
	pthread_mutex_t lock;
	bool stopped;
	struct progress guarded; /* for the threads */
};

/** progress_guard_init() - @g must not move while it is used */
void progress_guard_init(struct progress_guard *g, const struct progress *from);
void progress_guard_destroy(struct progress_guard *g);

/** progress_guard_stop() - report to all threads that the work is cancelled */
void progress_guard_stop(struct progress_guard *g);

/** progress_guard_again() - begin again after progress_guard_stop() */
void progress_guard_again(struct progress_guard *g);
