/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

/*
 * The owner of new files.  The guest's kernel decides what its processes may do, by owners and
 * modes on the host.  The server acts with its own rights, and only new files belong to the user
 * who asked.  All of this is of the calling thread alone.
 */

/** creds_begin() - to be called first in each thread: a umask and a working folder of its own.
 * @folder_fd: where names of descriptors are, /proc/self/fd.  Return: 0; -errno. */
int creds_begin(int folder_fd);

/** creds_enter() - give new files to this user, with this umask, from here on.  Return: 0; -errno.
 */
int creds_enter(uid_t uid, gid_t gid, mode_t mask);

/** creds_leave() - undo creds_enter() */
void creds_leave(void);

/** creds_keep_ids() - set whether the kernel keeps set-user-id bits of a file that is written to */
void creds_keep_ids(int keep);
