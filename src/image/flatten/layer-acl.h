/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-inner.h"

/** layer_read_acls() - add access control lists to an inode, and correct the group's permissions.
 * To be called after the attributes were added.  Return: 0; -EBADMSG; -ENOMEM. */
int layer_read_acls(struct layer *l, struct tree_inode *inode);
