/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/erofs-out.h"
#include "image/flatten/tree.h"

/** erofs_xattr_write() - append the attributes of an inode, erofs_xattr_size() bytes.  Return: 0;
 * -errno. */
int erofs_xattr_write(struct erofs_out *out, const struct tree_inode *inode);
