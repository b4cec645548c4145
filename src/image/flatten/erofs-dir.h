/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/erofs-format.h"
#include "image/flatten/tree.h"

/*
 * The content of a folder, block by block, "." and ".." among the sorted names.
 */
struct erofs_dir_iter {
	struct tree_inode *dir;
	const struct tree_entry *next; /* children must be sorted */
	unsigned int n_dots;	       /* how many of "." and ".." are done */
};

/** erofs_dir_sort() - sort a folder's names in the order in which the kernel searches */
void erofs_dir_sort(struct tree_inode *dir);

void erofs_dir_begin(struct erofs_dir_iter *it, struct tree_inode *dir);

/**
 * erofs_dir_block() - write the next block
 * @block: filled, zeros behind the names; NULL only measures
 *
 * Return: bytes used, 0 when no name is left.
 */
uint32_t erofs_dir_block(struct erofs_dir_iter *it, uint8_t block[EROFS_BLOCK]);

/** erofs_nid() - get the number by which the kernel finds a placed inode */
static inline uint64_t erofs_nid(const struct tree_inode *inode)
{
	return inode->slot;
}
