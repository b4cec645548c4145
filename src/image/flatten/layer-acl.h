/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-inner.h"

/** layer_read_acls() - access control lists, and the permissions of the group with them.  To be
 * called after the attributes were added.  Return: 0; -EBADMSG; -ENOMEM. */
int layer_read_acls(struct layer *l, struct tree_inode *inode);
