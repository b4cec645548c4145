/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "tar/entry.h"

/* Extended attributes and holes of an open file. */

/** tar_add_xattrs() - read a file's extended attributes, except those of this host alone.  Return:
 * 0; -ENOMEM. */
int tar_add_xattrs(int fd, struct tar_entry *e);

/** tar_find_extents() - find where a file's data lie, if it has holes.  Return: 0; -ENOMEM. */
int tar_find_extents(int fd, const struct stat *sb, struct tar_entry *e);
