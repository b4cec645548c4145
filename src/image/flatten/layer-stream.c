/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/flatten/codec.h"

/*
 * Theory of operation: a layer's compression is told by its first bytes, whatever its media type
 * says.  Each piece is hashed and handed on without a copy to the tar reader, a libarchive object,
 * in layer.c.
 *
 * The layer comes from a registry and is hostile.  How much it may unpack to is bounded here.
 */

struct layer_stream {
	struct layer_source source;
	const struct codec *codec;
	void *state; /* of the codec */
	struct hash *hash;
	const struct flatten_limits *limits;
	struct err *err;
	int error; /* the first failure */
	bool at_end;
	uint64_t unpacked_bytes;
};

DEFINE_CLEANUP(struct layer_stream, layer_stream_free)

static int open_codec(struct layer_stream *s)
{
	struct layer_source *from = &s->source;
	const struct codec *found;
	int r = layer_source_fill(from, CODEC_MAGIC_MAX, s->err);

	if (r < 0)
		return r;
	found = codec_find(from->data + from->at, from->len - from->at);
	r = found->open(from, &s->state, s->err);
	if (r == 0)
		s->codec = found;
	return r;
}

static enum hash_kind kind_of(const char *diff_id)
{
	return diff_id && str_starts(diff_id, "sha512:") ? HASH_SHA512 : HASH_SHA256;
}

int layer_stream_open(const struct flatten_layer *layer, const struct flatten_limits *limits,
		      const atomic_bool *stop, struct err *err, struct layer_stream **ret)
{
	cleanup(layer_stream_free_cleanup_fn) struct layer_stream *s = calloc(1, sizeof(*s));
	int r;

	if (!s || hash_new_of(kind_of(layer->diff_id), &s->hash) < 0)
		return err_nomem(err);
	s->limits = limits;
	s->err = err;
	r = layer_source_open(layer, stop, &s->source, err);
	if (r == 0)
		r = open_codec(s);
	if (r == 0)
		*ret = take_ptr(s);
	return r;
}

void layer_stream_free(struct layer_stream *s)
{
	if (!s)
		return;
	if (s->codec)
		s->codec->close(s->state);
	layer_source_close(&s->source);
	hash_free(s->hash);
	free(s);
}

static bool is_bomb(const struct layer_stream *s)
{
	const struct flatten_limits *max = s->limits;

	return s->unpacked_bytes > max->ratio_from &&
	       s->unpacked_bytes / max->ratio_max > s->source.size_bytes;
}

static int check_piece(struct layer_stream *s, const void *data, size_t len)
{
	bool is_first = s->unpacked_bytes == 0;

	s->unpacked_bytes += len;
	if (is_first && s->codec != &codec_plain && codec_find(data, len) != &codec_plain)
		return err_set(s->err, -EBADMSG, "the layer is compressed more than once");
	if (is_bomb(s))
		return err_set(s->err, -EBADMSG,
			       "%llu bytes unpack to more than %u times as many; refused as a bomb "
			       "(" LIMIT("ratio") ")",
			       (unsigned long long)s->source.size_bytes, s->limits->ratio_max);
	return hash_update(s->hash, data, len) < 0 ? err_set(s->err, -EIO, "hashing failed") : 0;
}

ssize_t layer_stream_next(struct layer_stream *s, const void **ret)
{
	ssize_t n;

	if (s->error || s->at_end)
		return s->error;
	n = s->codec->next(s->state, ret, s->err);
	s->at_end = n == 0;
	s->error = n < 0 ? (int)n : n > 0 ? check_piece(s, *ret, (size_t)n) : 0;
	return s->error ? s->error : n;
}

int layer_stream_error(const struct layer_stream *s)
{
	return s->error;
}

int layer_stream_finish(struct layer_stream *s, char ret_hex[HASH_HEX_MAX + 1])
{
	const void *data;
	ssize_t n;

	while ((n = layer_stream_next(s, &data)) > 0)
		;
	if (n < 0)
		return (int)n;
	return hash_final_of(s->hash, ret_hex) < 0 ? err_set(s->err, -EIO, "hashing failed") : 0;
}
