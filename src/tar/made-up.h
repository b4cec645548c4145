/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"

/* Files that the kernel makes up while they are read, as in /proc and /sys: their length is not
 * known before, whatever stat(2) says. */

#define TAR_MADE_UP_MAX (16u << 20) /* most bytes of one that are read; some have no end */

/** tar_is_made_up() - is a file on a file system of such files?  @fd: may be O_PATH */
bool tar_is_made_up(int fd);

/**
 * tar_read_made_up() - read all of such a file
 * @sb:  of @fd, which is a regular file
 * @ret: its content
 *
 * Return: 1; 0 for any other file, of which nothing was read; -EFBIG; -EAGAIN where O_NONBLOCK is
 * set and nothing can be read now; -ENOMEM; -errno of read(2).
 */
int tar_read_made_up(int fd, const struct stat *sb, struct buf *ret);
