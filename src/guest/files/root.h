/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "link/files.h"

/* Where the files are that work is done on. */

/** files_mount_shares() - is it an operation on what is mounted, too, in a container that has
 * mounts of the host's and does not run?  It mounts them itself then.  Pure. */
bool files_mount_shares(const struct container *c, const struct link_files *f);

/** files_enter_root() - in the operation's process, in the container's folder: change into the
 * container's root, as STAT, GET and PUT see it.  Return: 0; -errno with a message. */
int files_enter_root(const struct container *c, const struct link_files *f, struct err *err);

/**
 * files_check_writable() - may the host write here?
 * @dir_fd: a folder in the root that was entered
 *
 * Return: 0; -EROFS with docker's message; -errno with a message.
 */
int files_check_writable(const struct container *c, int dir_fd, struct err *err);
