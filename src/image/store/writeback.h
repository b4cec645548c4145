/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

/* Has the kernel write a file to the disk while others still write to it, so that the fsync(2) at
 * their end has little left to do. */
struct writeback {
	int fd; /* borrowed; -1: nothing is done */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over; /* guarded by lock */
};

/** writeback_begin() - @w must not move until writeback_end().  Where there is no thread for it,
 * fsync(2) does it all. */
void writeback_begin(struct writeback *w, int fd);

/** writeback_end() - no more of it.  What was written is not all on the disk. */
void writeback_end(struct writeback *w);
