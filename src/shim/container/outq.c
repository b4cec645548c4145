/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/outq.h"

#include <errno.h>
#include <string.h>

#include "base/frames.h"
#include "base/macro.h"

/* Pieces are not joined to longer frames than this, so that clients need no large buffers. */
#define FRAME_MAX 65536u

struct outq_piece {
	enum link_channel channel;
	size_t header_bytes;
	size_t data_bytes;
};

void outq_reset(struct outq *q)
{
	buf_reset(&q->bytes);
	free(q->pieces);
	*q = (struct outq){ .framed = q->framed };
}

static void put_header(void *at, enum link_channel channel, size_t len)
{
	frames_put(at, channel == LINK_STDERR ? FRAMES_STDERR : FRAMES_STDOUT, len);
}

/* Return: the last piece, if output of @channel can be added to it; else NULL. */
static struct outq_piece *joinable_piece(const struct outq *q, enum link_channel channel,
					 size_t len)
{
	struct outq_piece *last;

	if (q->n_pieces == 0)
		return NULL;
	last = &q->pieces[q->first + q->n_pieces - 1];
	if (last->channel != channel || last->data_bytes + len > FRAME_MAX)
		return NULL;
	if (q->framed && q->n_pieces == 1 && q->piece_sent > 0)
		return NULL;
	return last;
}

static int reserve_piece(struct outq *q)
{
	size_t cap = q->cap_pieces ? q->cap_pieces * 2 : 16;
	struct outq_piece *pieces;

	if (q->first > 0 && q->first + q->n_pieces == q->cap_pieces) {
		memmove(q->pieces, q->pieces + q->first, q->n_pieces * sizeof(*q->pieces));
		q->first = 0;
	}
	if (q->first + q->n_pieces < q->cap_pieces)
		return 0;
	pieces = reallocarray(q->pieces, cap, sizeof(*pieces));
	if (!pieces)
		return -ENOMEM;
	q->pieces = pieces;
	q->cap_pieces = cap;
	return 0;
}

static int new_piece(struct outq *q, enum link_channel channel, const void *data, size_t len)
{
	size_t header = q->framed ? FRAMES_HEADER_BYTES : 0;
	char head[FRAMES_HEADER_BYTES];
	int r = reserve_piece(q);

	if (r == 0)
		r = buf_reserve(&q->bytes, header + len);
	if (r < 0)
		return r;
	put_header(head, channel, len);
	(void)buf_add(&q->bytes, head, header);
	(void)buf_add(&q->bytes, data, len);
	q->pieces[q->first + q->n_pieces++] = (struct outq_piece){ channel, header, len };
	return 0;
}

int outq_add(struct outq *q, enum link_channel channel, const void *data, size_t len)
{
	struct outq_piece *last = joinable_piece(q, channel, len);
	int r;

	if (len == 0)
		return 0;
	if (!last)
		return new_piece(q, channel, data, len);
	r = buf_add(&q->bytes, data, len);
	if (r < 0)
		return r;
	last->data_bytes += len;
	if (q->framed)
		put_header(q->bytes.data + q->bytes.len - last->data_bytes - FRAMES_HEADER_BYTES,
			   channel, last->data_bytes);
	return 0;
}

const char *outq_peek(const struct outq *q, size_t *ret_len)
{
	*ret_len = q->bytes.len - q->sent;
	return *ret_len ? q->bytes.data + q->sent : NULL;
}

/* Moves over @n bytes or to the end of the first piece.  Return: bytes moved over. */
static size_t advance_piece(struct outq *q, size_t n, uint64_t ret_taken[LINK_CHANNELS])
{
	struct outq_piece *p = &q->pieces[q->first];
	size_t before = q->piece_sent, after = before + n;
	size_t end = p->header_bytes + p->data_bytes;

	if (after > end)
		after = end;
	if (after > p->header_bytes)
		ret_taken[p->channel] +=
			after - (before > p->header_bytes ? before : p->header_bytes);
	q->piece_sent = after;
	if (after == end) {
		q->piece_sent = 0;
		q->n_pieces--;
		q->first = q->n_pieces ? q->first + 1 : 0;
	}
	return after - before;
}

void outq_sent(struct outq *q, size_t n, uint64_t ret_taken[LINK_CHANNELS])
{
	q->sent += n;
	while (n > 0)
		n -= advance_piece(q, n, ret_taken);
	if (q->sent == q->bytes.len || q->sent >= KIB(128)) {
		buf_consume(&q->bytes, q->sent);
		q->sent = 0;
	}
}
