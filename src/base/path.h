/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

/** path_mkdir_p() - make a folder and its parents; existing ones are fine.  Return: 0; -errno. */
int path_mkdir_p(const char *path, mode_t mode);

/**
 * path_open_dir() - open a folder below another, making it if it is missing
 * @mode:   permissions of a new folder
 * @ret_fd: O_PATH-less folder descriptor, owned by the caller
 *
 * Return: 0; -errno.
 */
int path_open_dir(int dir_fd, const char *name, mode_t mode, int *ret_fd);

/**
 * path_remove_tree() - remove a file or folder with everything below it
 *
 * Symbolic links are removed, never followed.  A missing @name is no error.
 *
 * Return: 0; -errno of the first thing that could not be removed.
 */
int path_remove_tree(int dir_fd, const char *name);

/**
 * path_tree_bytes() - what a folder and all below it take on its file system
 * @fd:  of the folder, O_PATH will do; borrowed
 * @ret: bytes; a file of several names counts in as many parts
 *
 * No link is followed, and no level beyond the 128th looked into.
 *
 * Return: 0; 1: something could not be looked into, and is not counted; -errno.
 */
int path_tree_bytes(int fd, int64_t *ret);

/** path_entry_fn - called for each name in a folder, which it may remove.  Return: 0 to go on;
 * anything else ends path_each(). */
typedef int (*path_entry_fn)(int dir_fd, const char *name, void *arg);

/**
 * path_each() - call @fn for every name in a folder but "." and ".."
 * @dir_fd: borrowed; passed on to @fn
 *
 * Return: 0; what @fn returned, if not 0; -errno of reading the folder.
 */
int path_each(int dir_fd, path_entry_fn fn, void *arg);

/** path_self_dir() - the folder of the running program.  Return: owned by the caller; NULL on
 * failure. */
char *path_self_dir(void);
