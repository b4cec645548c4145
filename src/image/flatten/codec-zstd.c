/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <zstd.h>

#include "base/macro.h"
#include "image/flatten/codec.h"

/*
 * Theory of operation: a layer is a row of frames.  zstd:chunked adds a table of its files in
 * frames that decoders skip.
 *
 * The bytes come from a registry and are hostile; zstd refuses windows above 128 MiB by itself.
 */

#define OUT_BYTES KIB(128)

struct zstd {
	struct layer_source *from;
	ZSTD_DStream *stream;
	bool in_frame;
	unsigned char out[OUT_BYTES];
};

static void zstd_close(void *state)
{
	struct zstd *z = state;

	ZSTD_freeDStream(z->stream);
	free(z);
}

static int zstd_open(struct layer_source *from, void **ret, struct err *err)
{
	struct zstd *z = malloc(sizeof(*z));

	if (!z)
		return err_nomem(err);
	z->from = from;
	z->in_frame = false;
	z->stream = ZSTD_createDStream();
	if (!z->stream) {
		free(z);
		return err_nomem(err);
	}
	*ret = z;
	return 0;
}

static ssize_t zstd_next(void *state, const void **ret, struct err *err)
{
	struct zstd *z = state;
	struct layer_source *from = z->from;
	ZSTD_outBuffer out = { z->out, OUT_BYTES, 0 };

	*ret = z->out;
	while (out.pos == 0) {
		int r = layer_source_fill(from, 1, err);
		ZSTD_inBuffer in = { from->data, from->len, from->at };
		bool starved = in.pos == in.size;
		size_t left;

		if (r < 0)
			return r;
		if (starved && !z->in_frame)
			return 0;
		left = ZSTD_decompressStream(z->stream, &out, &in);
		from->at = in.pos;
		if (ZSTD_isError(left))
			return codec_damaged(err, ZSTD_getErrorName(left));
		z->in_frame = left != 0;
		if (starved && out.pos == 0)
			return codec_damaged(err, "truncated zstd input");
	}
	return (ssize_t)out.pos;
}

#define MAGIC	    "\x28\xb5\x2f\xfd"
#define MAGIC_BYTES 4

const struct codec codec_zstd = { .name = "zstd",
				  .magic = MAGIC,
				  .magic_len = MAGIC_BYTES,
				  .open = zstd_open,
				  .close = zstd_close,
				  .next = zstd_next };
