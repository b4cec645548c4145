/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * Errands: work on folders with files of subordinate ids, which a user's moatd cannot do itself.  A
 * moat-fs does it, as root of the user namespace that shares are served in, and ends.
 */

/**
 * fs_remove_tree() - as path_remove_tree()
 * @program: path of moat-fs
 * @dir_fd:  borrowed
 *
 * Return: 0; -errno.
 */
int fs_remove_tree(const char *program, int dir_fd, const char *name);

/**
 * fs_measure_tree() - as path_tree_bytes()
 * @fd: of the folder, O_PATH will do; borrowed
 *
 * Return: 0; 1: something was not counted; -errno.
 */
int fs_measure_tree(const char *program, int fd, int64_t *ret_bytes);
