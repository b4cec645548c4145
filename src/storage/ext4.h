/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

#define EXT4_SIZE_MIN MIB(16)
#define EXT4_SIZE_MAX (GIB(1024) * 8)

/**
 * ext4_create() - make a sparse file with an ext4 in it
 * @dir_fd:     folder; borrowed
 * @name:       file name in that folder; ".NAME.tmp" beside it is used on the way
 * @size_bytes: from EXT4_SIZE_MIN to EXT4_SIZE_MAX; what its users see, not what is allocated
 * @folders:    the empty folders that it holds; ends with NULL
 *
 * The file appears whole or not at all; it is not synced.
 *
 * Return: 0; -EINVAL for a size out of range; -errno, with a message and nothing left behind.
 */
int ext4_create(int dir_fd, const char *name, uint64_t size_bytes, const char *const *folders,
		struct err *err);
