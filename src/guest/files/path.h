/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Paths as docker cp means them, in the root of this process. */

/** files_locate() - what a path of the container is
 * @path:    absolute; with "/" or "/." at its end it is a folder, through symbolic links too
 * @ret_fd:  the folder it is in, owned; @ret_name: its name there, owned
 * Return: 0; -ENOENT, -ENOTDIR, -ELOOP; -errno. */
int files_locate(const char *path, int *ret_fd, char **ret_name);

/** files_follow() - where a path leads to in the end, though nothing may be there.  @ret: owned,
 * absolute.  Return: 0; -ELOOP; -ENOMEM. */
int files_follow(const char *path, char **ret);
