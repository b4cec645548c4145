/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <stdint.h>

#include "base/macro.h"

#define STACK_BYTES KIB(512)

int thread_start(size_t stack_bytes, void *(*fn)(void *arg), void *arg, pthread_t *ret)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack_bytes);
	pthread_attr_setdetachstate(&attr, ret ? PTHREAD_CREATE_JOINABLE : PTHREAD_CREATE_DETACHED);
	r = pthread_create(ret ? ret : &thread, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	return -r;
}

int thread_detached(void *(*fn)(void *arg), void *arg)
{
	return thread_start(STACK_BYTES, fn, arg, NULL);
}
