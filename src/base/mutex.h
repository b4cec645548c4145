/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "base/cleanup.h"

static inline pthread_mutex_t *mutex_take(pthread_mutex_t *mutex)
{
	pthread_mutex_lock(mutex);
	return mutex;
}

static inline void mutex_leave(pthread_mutex_t *const *mutex)
{
	pthread_mutex_unlock(*mutex);
}

#define MUTEX_JOIN(a, b) a##b
#define MUTEX_NAME(line) MUTEX_JOIN(held_, line)

/*
 * mutex_hold() - take a mutex until the end of the block
 *
 * What is declared before it in the block is cleaned up when the mutex is free again, what is
 * declared after it while it is held.
 */
#define mutex_hold(mutex)                                                                          \
	cleanup(mutex_leave) __attribute__((unused)) pthread_mutex_t *const MUTEX_NAME(__LINE__) = \
		mutex_take(mutex)
