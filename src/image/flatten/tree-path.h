/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/tree.h"

/**
 * tree_clean_path() - clean the path of an entry: without ".", "..", and doubled, leading or
 * trailing slashes
 * @ret: TREE_PATH_MAX bytes; "" is the root
 *
 * Return: 0; -EXDEV when ".." leaves the root; -ENAMETOOLONG for the path or a name in it.
 */
int tree_clean_path(const char *path, char *ret);

/**
 * tree_walk() - find the folder of a path
 * @path:  from tree_clean_path(), not the root; the last name is not looked up
 * @layer: make missing parents for this layer; 0 makes none
 *
 * Symbolic links among the parents are followed inside the root, where ".." stays at the root.  A
 * parent that is no folder gives way if it is from a lower layer.
 *
 * Return: 0; -ENOTDIR; -ELOOP; -ENAMETOOLONG; -E2BIG; -EDQUOT; -ENOMEM; -ETIME when all walks
 * together have passed more names than any real image needs: TREE_STEPS for each entry allowed.
 */
int tree_walk(struct tree *t, const char *path, uint32_t layer, struct tree_place *ret);
