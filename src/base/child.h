/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

/* Processes that are children of this one. */

/** child_await() - wait for a child's end.  @ret_status: as waitpid(2) gives it; may be NULL.
 * Return: 0; -ECHILD; -errno. */
int child_await(pid_t pid, int *ret_status);

/** child_kill() - end a child at once, and reap it */
void child_kill(pid_t pid);
