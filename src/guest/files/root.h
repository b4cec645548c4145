/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "link/files.h"

/* The root that an operation on files works in. */

/** files_mount_shares() - must an operation mount the host's files itself?  It must where it is to
 * see them, and the container has such mounts and does not run.  Pure. */
bool files_mount_shares(const struct container *c, const struct link_files *f);

/** files_enter_root() - change into the container's root, as STAT, GET and PUT see it; by the
 * operation's process, in the container's folder.  Return: 0; -errno with a message. */
int files_enter_root(const struct container *c, const struct link_files *f, struct err *err);

/**
 * files_check_writable() - may the host write here?
 * @dir_fd: a folder in the root that was entered
 *
 * Return: 0; -EROFS with docker's message; -errno with a message.
 */
int files_check_writable(const struct container *c, int dir_fd, struct err *err);
