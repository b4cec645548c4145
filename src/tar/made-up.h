/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"

/* Files that the kernel makes up while they are read, as those of /proc and /sys: how long one is,
 * nobody knows before, whatever stat(2) says. */

#define TAR_MADE_UP_MAX (16u << 20) /* bytes of one that are read; some have no end */

/** tar_is_made_up() - is this on a file system of such files?  @fd: perhaps O_PATH */
bool tar_is_made_up(int fd);

/**
 * tar_read_made_up() - all of such a file
 * @sb:  of @fd, a regular file's
 * @ret: its content
 *
 * Return: 1; 0 for any other file, of which nothing was read; -EFBIG; -EAGAIN where O_NONBLOCK is
 * set and there is nothing at the moment; -ENOMEM; -errno of read(2).
 */
int tar_read_made_up(int fd, const struct stat *sb, struct buf *ret);
