/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * Folders of volumes, whose files may belong to ids that a moatd without root cannot become
 * (fs/errand.h).
 */

/** volume_tree_remove() - as path_remove_tree() */
int volume_tree_remove(int dir_fd, const char *name);

/** volume_tree_bytes() - bytes that a folder and all below it take on the disk, without what cannot
 * be read.  @fd: borrowed */
int64_t volume_tree_bytes(int fd);
