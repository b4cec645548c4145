/* SPDX-License-Identifier: Apache-2.0 */
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "image/flatten/codec.h"

/*
 * Theory of operation: ISA-L unpacks about twice as fast as zlib.  A gzip file may have several
 * members, one after the other (RFC 1952; pigz and eStargz write such).  Bytes after the last
 * member are ignored, as gzip(1) does: the blob's digest covers them, and the layer's digest covers
 * what was unpacked.
 *
 * The bytes come from a registry and are hostile.
 */

#define OUT_BYTES   KIB(256) /* ISA-L copies 64 KiB of its output at each call */
#define MAGIC	    "\x1f\x8b"
#define MAGIC_BYTES 2

struct gzip {
	struct layer_source *from;
	struct inflate_state state;
	bool at_end;
	unsigned char out[OUT_BYTES];
};

static void begin_member(struct gzip *g)
{
	isal_inflate_init(&g->state);
	g->state.crc_flag = ISAL_GZIP;
}

static int gzip_open(struct layer_source *from, void **ret, struct err *err)
{
	struct gzip *g = malloc(sizeof(*g));

	if (!g)
		return err_nomem(err);
	g->from = from;
	g->at_end = false;
	begin_member(g);
	*ret = g;
	return 0;
}

static ssize_t gzip_failed(int code, struct err *err)
{
	switch (code) {
	case ISAL_INCORRECT_CHECKSUM:
		return codec_damaged(err, "wrong checksum");
	case ISAL_UNSUPPORTED_METHOD:
		return codec_damaged(err, "an unknown method of compression");
	default:
		return codec_damaged(err, "invalid gzip data");
	}
}

/* Looks for another member after one has ended. */
static int next_member(struct gzip *g, struct err *err)
{
	struct layer_source *from = g->from;
	int r = layer_source_fill(from, MAGIC_BYTES, err);

	if (r < 0)
		return r;
	if (from->len - from->at >= MAGIC_BYTES &&
	    memcmp(from->data + from->at, MAGIC, MAGIC_BYTES) == 0)
		begin_member(g);
	else
		g->at_end = true;
	return 0;
}

/* Return: bytes unpacked, maybe none; -errno with a message. */
static ssize_t inflate_piece(struct gzip *g, struct err *err)
{
	struct layer_source *from = g->from;
	int r = layer_source_fill(from, 1, err);
	bool starved = from->at == from->len;

	if (r < 0)
		return r;
	g->state.next_in = from->data + from->at;
	g->state.avail_in = (uint32_t)(from->len - from->at);
	g->state.next_out = g->out;
	g->state.avail_out = OUT_BYTES;
	r = isal_inflate(&g->state);
	from->at = from->len - g->state.avail_in;
	if (r < 0)
		return gzip_failed(r, err);
	if (starved && g->state.block_state != ISAL_BLOCK_FINISH && g->state.avail_out == OUT_BYTES)
		return codec_damaged(err, "truncated gzip input");
	return (ssize_t)(OUT_BYTES - g->state.avail_out);
}

static ssize_t gzip_next(void *state, const void **ret, struct err *err)
{
	struct gzip *g = state;
	ssize_t n = 0;

	*ret = g->out;
	while (n == 0 && !g->at_end) {
		n = inflate_piece(g, err);
		if (n >= 0 && g->state.block_state == ISAL_BLOCK_FINISH) {
			int r = next_member(g, err);

			if (r < 0)
				return r;
		}
	}
	return n;
}

const struct codec codec_gzip = { .name = "gzip",
				  .magic = MAGIC,
				  .magic_len = MAGIC_BYTES,
				  .open = gzip_open,
				  .close = free,
				  .next = gzip_next };
