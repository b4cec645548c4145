/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * The threads of a process that is to be forked with all of them.  fork(2) takes along only the one
 * that calls it; so the others stand still in a signal handler, and in the new process each is made
 * anew on its own stack, where it stood.
 */

/** threads_begin() - keep account of every thread from now on; from the library's constructor.
 * Return: 0; -ENOTSUP with a C library that is not understood. */
int threads_begin(void);

/** threads_start_hidden() - start a thread that is not counted, and gets no signals.  Return: 0;
 * -errno. */
int threads_start_hidden(void *(*fn)(void *arg), void *arg);

/** threads_park() - have all threads stand still, for good.  Return: 0; -ETIMEDOUT. */
int threads_park(void);

/** threads_revive() - make all threads again in the new process, called by a hidden thread, the
 * only one there yet.  Return: 0; -errno. */
int threads_revive(void);
