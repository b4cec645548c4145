/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-inner.h"

/** layer_read_data() - read the content of a regular file.  Return: 0; -EBADMSG; -ENOMEM; -errno of
 * writing. */
int layer_read_data(struct layer *l, struct tree_inode *inode);
