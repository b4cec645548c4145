/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image/flatten/tree.h"

/* Where everything of an image goes that is not the data of large files. */
struct erofs_plan {
	struct tree_inode **inodes; /* in the order of their places; the root is the first */
	size_t n_inodes;
	int64_t time_sec; /* of the superblock and all compact inodes */
	uint32_t time_nsec;
	uint64_t blocks_pos; /* next free block for content that is in memory */
	uint64_t meta_len;
};

/**
 * erofs_plan_make() - place all inodes of a tree
 * @first_pos: where the output goes on, a whole block
 * @ret:       erofs_plan_reset(); @blocks_pos is where the metadata area begins
 *
 * Return: 0; -ENOMEM.
 */
int erofs_plan_make(struct tree *t, uint64_t first_pos, struct erofs_plan *ret);
void erofs_plan_reset(struct erofs_plan *p);
