/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "image/flatten/flatten.h"

/* What the errors of a layer are about. */
struct layer_site {
	const char *entry_name; /* as the layer says; NULL: none yet */
	const struct flatten_limits *limits;
	struct err *err;
};

/** layer_fail() - the entry is wrong; @fmt goes on after its name.  Return: -EBADMSG. */
int layer_fail(const struct layer_site *at, const char *fmt, ...) printf_like(2, 3);

/** layer_tree_error() - @r came from the tree or an arena.  Return: -EBADMSG or -ENOMEM, with a
 * message. */
int layer_tree_error(const struct layer_site *at, int r);

/**
 * layer_quote() - text of a layer for a message
 * @ret: printable ASCII, cut where it does not fit
 */
void layer_quote(const char *s, char *ret, size_t ret_len);
