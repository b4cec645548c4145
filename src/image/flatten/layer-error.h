/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-inner.h"

/** layer_fail() - the entry is wrong; @fmt goes on after its name.  Return: -EBADMSG. */
int layer_fail(struct layer *l, const char *fmt, ...) printf_like(2, 3);

/** layer_tree_error() - @r came from the tree.  Return: -EBADMSG or -ENOMEM, with a message. */
int layer_tree_error(struct layer *l, int r);

/** layer_tar_error() - libarchive failed.  Return: -EBADMSG; -ENOMEM; what the stream failed
 * with. */
int layer_tar_error(struct layer *l);

/**
 * layer_quote() - text of a layer for a message
 * @ret: printable ASCII, cut where it does not fit
 */
void layer_quote(const char *s, char *ret, size_t ret_len);
