/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "image/flatten/erofs-out.h"
#include "image/flatten/flatten.h"
#include "image/flatten/layer-log.h"

/* State that the layers of one image share, also while several are read at once. */
struct layer_common {
	const struct flatten_limits *limits;
	struct arena_budget memory;
	struct erofs_space space;
	_Atomic uint64_t data_bytes;   /* bytes of files so far */
	_Atomic uint64_t inline_bytes; /* part of them that is kept in memory */
	atomic_bool stop;	       /* nobody wants the image any more */
};

void layer_common_init(struct layer_common *c, const struct flatten_limits *limits);

/* A layer to be read; everything is borrowed. */
struct layer_reading {
	const struct flatten_layer *layer;
	struct layer_common *common;
	struct erofs_out *out; /* gets the content of files */
	struct layer_log *log; /* gets everything else */
	/* Called now and then, when the log has become long; it may apply and clear it. */
	int (*batch)(void *arg, struct err *err);
	void *arg;
};

/**
 * layer_read() - read one layer into a log
 * @ret_hex: hash of the unpacked tar, of its diff_id's kind
 *
 * Return: 0; -EBADMSG when the layer is malformed, escapes, or goes over a limit; -ENOMEM;
 * -ECANCELED; -errno of writing; what batch() returned; all with a message.
 */
int layer_read(const struct layer_reading *in, char ret_hex[HASH_HEX_MAX + 1], struct err *err);
