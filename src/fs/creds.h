/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

/*
 * Whose files are made.  The guest's kernel decides what its processes may do, by owners and modes
 * as the host has them; the server does it with the rights it has, and only what is new belongs to
 * the one who asked.  All of this is of the calling thread alone.
 */

/** creds_begin() - once in each thread: a umask and a working folder of its own.  @folder_fd: where
 * names of descriptors are, /proc/self/fd.  Return: 0; -errno. */
int creds_begin(int folder_fd);

/** creds_enter() - what is made from here on is this user's, with this umask.  Return: 0; -errno.
 */
int creds_enter(uid_t uid, gid_t gid, mode_t mask);

/** creds_leave() - as before creds_enter() */
void creds_leave(void);

/** creds_keep_ids() - whether the kernel keeps set-user-id bits of a file that is written to */
void creds_keep_ids(int keep);
