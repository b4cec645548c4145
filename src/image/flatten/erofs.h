/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "image/flatten/erofs-out.h"
#include "image/flatten/tree.h"

#define EROFS_UUID_LEN	     16
#define EROFS_INLINE_MAX     2048u  /* longer files and ends of folders get blocks of their own */
#define EROFS_XATTR_SIZE_MAX 65536u /* bytes of all attributes of one inode, on disk */

/**
 * erofs_write() - finish an image: names, inodes, superblock
 * @t:    the tree, with the data of its files in @out already; folders get sorted, inodes placed
 * @out:  flushed and cut to a whole number of blocks on success
 * @uuid: of the file system
 *
 * The same tree and data give the same bytes.
 *
 * Return: 0; -EFBIG when the image has too many blocks; -errno with a message.
 */
int erofs_write(struct tree *t, struct erofs_out *out, const uint8_t uuid[EROFS_UUID_LEN],
		struct err *err);
