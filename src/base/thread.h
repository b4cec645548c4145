/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stddef.h>

/** thread_detached() - run a function in a thread of its own that nobody waits for.  Return: 0;
 * -errno of pthread_create(3). */
int thread_detached(void *(*fn)(void *arg), void *arg);

/**
 * thread_start() - run a function in a thread of its own
 * @stack_bytes: for its stack
 * @ret:         to be joined; NULL: nobody waits for it
 *
 * Return: 0; -errno of pthread_create(3).
 */
int thread_start(size_t stack_bytes, void *(*fn)(void *arg), void *arg, pthread_t *ret);
