/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-inner.h"

/** layer_read_attributes() - read an entry's owner, permissions, time and extended attributes.
 * Return: 0; -EBADMSG; -ENOMEM. */
int layer_read_attributes(struct layer *l, struct tree_inode *inode);

/** layer_find_xattr() - find an extended attribute of an entry; borrowed; NULL where there is
 * none */
struct tree_xattr *layer_find_xattr(struct tree_inode *inode, const char *name);

/** layer_add_xattr() - give an entry an extended attribute.  Return: 0; -EBADMSG when it is too
 * large; -ENOMEM. */
int layer_add_xattr(struct layer *l, struct tree_inode *inode, const char *name, const void *value,
		    size_t len);
