/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

/**
 * thread_start() - run a function in a thread of its own
 * @ret: for whoever joins it; NULL: nobody waits for it
 *
 * It takes no signals: they are for the program's first thread.
 *
 * Return: 0; -errno of pthread_create(3).
 */
int thread_start(pthread_t *ret, void *(*fn)(void *arg), void *arg);
