/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

#define EXT4_SIZE_MIN MIB(16)
#define EXT4_SIZE_MAX (GIB(1024) * 8)

struct ext4_plan {
	uint64_t size_bytes; /* from EXT4_SIZE_MIN to EXT4_SIZE_MAX; what its users see, not what
			      * is allocated */
	uint64_t file_bytes; /* size of the file, where that is to be larger */
	const char *const *folders; /* the empty folders that it holds; ends with NULL */
};

/**
 * ext4_create() - make a sparse file with an ext4 in it
 * @dir_fd: folder; borrowed
 * @name:   file name in that folder; ".NAME.tmp" beside it is used on the way
 *
 * The file appears whole or not at all; it is not synced.
 *
 * Return: 0; -EINVAL for a size out of range; -errno, with a message and nothing left behind.
 */
int ext4_create(int dir_fd, const char *name, const struct ext4_plan *plan, struct err *err);

/** ext4_with_overhead() - size of a file system that holds so many bytes of files and little more:
 * its journal, blocks that the kernel sets aside, and an inode of 256 bytes for each 16 KiB count,
 * too */
uint64_t ext4_with_overhead(uint64_t size_bytes);
