/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/hash.h"
#include "image/flatten/layer-source.h"

/* The unpacked bytes of a layer, hashed as they pass. */
struct layer_stream;

/**
 * layer_stream_open() - begin to read a layer
 * @layer:  its descriptors are borrowed
 * @limits: borrowed
 * @stop:   as for layer_source_open()
 * @err:    borrowed, for this and all later calls
 * @ret:    owned, layer_stream_free()
 *
 * Return: 0; -EBADMSG; -ENOMEM; -errno with a message.
 */
int layer_stream_open(const struct flatten_layer *layer, const struct flatten_limits *limits,
		      const atomic_bool *stop, struct err *err, struct layer_stream **ret);
void layer_stream_free(struct layer_stream *s);

/**
 * layer_stream_next() - get the next piece
 * @ret: borrowed until the next call
 *
 * Return: its length, 0 at the end; -EBADMSG for malformed or truncated input and for one that
 * unpacks to too much; -errno.  A failure stays.
 */
ssize_t layer_stream_next(struct layer_stream *s, const void **ret);

/** layer_stream_error() - get the failure of layer_stream_next(), whose message is in @err of
 * layer_stream_open(); 0 if there was none */
int layer_stream_error(const struct layer_stream *s);

/** layer_stream_finish() - read to the end, and get the hash of all bytes.  Return: 0; as
 * layer_stream_next(). */
int layer_stream_finish(struct layer_stream *s, char ret_hex[HASH_HEX_MAX + 1]);
