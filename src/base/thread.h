/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

/**
 * thread_start() - run a function in a thread of its own
 * @ret: to be joined; NULL: no one waits for the thread
 *
 * The thread takes no signals: they are for the program's first.
 *
 * Return: 0; -errno of pthread_create(3).
 */
int thread_start(pthread_t *ret, void *(*fn)(void *arg), void *arg);
