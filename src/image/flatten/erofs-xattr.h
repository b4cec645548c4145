/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/erofs-out.h"
#include "image/flatten/tree.h"

/** erofs_xattr_write() - write the attributes of an inode, erofs_xattr_size() bytes.  Return: 0;
 * -errno. */
int erofs_xattr_write(struct erofs_out *out, const struct tree_inode *inode);

/**
 * erofs_xattr_index() - get the index of an attribute's prefix
 * @name: in full, as "user.x"
 *
 * Return: an enum erofs_xattr_index, with the length of the prefix it stands for; 0 if not.
 */
int erofs_xattr_index(const char *name, uint32_t *ret_prefix_len);

/** erofs_xattr_size() - compute the bytes of an inode's attributes on disk */
uint64_t erofs_xattr_size(const struct tree_inode *inode);
