/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "image/flatten/erofs-out.h"
#include "image/flatten/flatten.h"
#include "image/flatten/tree.h"

/* What the layers of one image are applied to. */
struct layer_target {
	struct tree *tree;
	struct erofs_out *out;
	const struct flatten_limits *limits;
	uint64_t data_bytes;   /* of files, so far */
	uint64_t inline_bytes; /* of these, in memory */
};

/**
 * layer_apply() - apply one layer
 * @fd:     borrowed; the packed layer
 * @number: 1 for the base, each further layer one more
 * @ret_hex: SHA-256 of the unpacked tar, its diff_id
 *
 * Return: 0; -EBADMSG when the layer is malformed, escapes, or goes over a limit; -ENOMEM;
 * -errno of writing, all with a message.
 */
int layer_apply(struct layer_target *target, int fd, uint32_t number,
		char ret_hex[SHA256_HEX_LEN + 1], struct err *err);
