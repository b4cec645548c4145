/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * Numbered files of one folder: NAME.1, NAME.2 and so on.  A higher number is newer, no number is
 * used twice, and the oldest files are removed while new ones come.
 */

#define NUMBERED_MAX 64 /* bytes of a file's name with its NUL */

/** numbered_name() - make a file's name.  @name: at most 40 bytes */
void numbered_name(const char *name, uint64_t number, char ret[NUMBERED_MAX]);

/** numbered_range() - find the oldest and the newest number.  Return: 0; -ENOENT; -errno. */
int numbered_range(int dir_fd, const char *name, uint64_t *ret_first, uint64_t *ret_last);

/** numbered_remove() - remove files older than @keep_from.  Return: 0; -errno. */
int numbered_remove(int dir_fd, const char *name, uint64_t keep_from);
