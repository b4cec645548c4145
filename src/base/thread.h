/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** thread_detached() - run a function in a thread of its own that nobody waits for.  Return: 0;
 * -errno of pthread_create(3). */
int thread_detached(void *(*fn)(void *arg), void *arg);
