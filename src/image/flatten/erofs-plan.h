/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image/flatten/tree.h"

/* The places of an image's parts, except the data of large files. */
struct erofs_plan {
	struct tree_inode *root;
	uint32_t n_inodes;
	bool met;	  /* the value that marks inodes met by the walk under way */
	int64_t time_sec; /* for the superblock and all compact inodes */
	uint32_t time_nsec;
	uint64_t blocks_pos; /* next free block for content that is kept in memory */
	uint64_t meta_len;
};

/**
 * erofs_plan_make() - place all inodes of a tree
 * @first_pos: where the output continues, a whole block
 * @ret:       borrows the tree; @blocks_pos is where the metadata area begins
 *
 * Return: 0; -EFBIG where inodes are more than can be numbered.
 */
int erofs_plan_make(struct tree *t, uint64_t first_pos, struct erofs_plan *ret);

/* A walk over the inodes of an image. */
struct erofs_walk {
	struct erofs_plan *plan;
	struct tree_inode *folder; /* the folder that the walk is in; NULL before the root */
	struct tree_entry *next;
	uint32_t number; /* number of the last inode, from 1 */
};

/** erofs_walk_begin() - begin a walk; only one at a time, and each to its end */
void erofs_walk_begin(struct erofs_walk *w, struct erofs_plan *p);

/** erofs_walk_next() - get the next inode in the order of places, the root first; NULL at the
 * end */
struct tree_inode *erofs_walk_next(struct erofs_walk *w);
