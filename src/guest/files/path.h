/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Paths as docker cp means them, in the root of this process. */

/**
 * files_locate() - find the file that a path means
 * @path:    absolute; with "/" or "/." at its end it means a folder, through symbolic links, too
 * @ret_fd:  folder that the file is in, owned; @ret_name: its name there, owned
 * Return: 0; -ENOENT, -ENOTDIR, -ELOOP; -errno.
 */
int files_locate(const char *path, int *ret_fd, char **ret_name);

/** files_follow() - follow a path to its last target, which may not exist.  @ret: owned, absolute.
 * Return: 0; -ELOOP; -ENOMEM. */
int files_follow(const char *path, char **ret);
