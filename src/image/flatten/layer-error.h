/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "image/flatten/flatten.h"

/* The place in a layer that an error is about. */
struct layer_site {
	const char *entry_name; /* as the layer has it; NULL: none yet */
	const struct flatten_limits *limits;
	struct err *err;
};

/** layer_fail() - report that an entry is wrong; @fmt follows its name.  Return: -EBADMSG. */
int layer_fail(const struct layer_site *at, const char *fmt, ...) printf_like(2, 3);

/** layer_tree_error() - report an error of the tree or an arena.  Return: -EBADMSG or -ENOMEM, with
 * a message. */
int layer_tree_error(const struct layer_site *at, int r);

/**
 * layer_quote() - make a text from a layer fit for a message
 * @ret: printable ASCII, cut where it does not fit
 */
void layer_quote(const char *s, char *ret, size_t ret_len);
