/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "link/frame.h"

/*
 * The queue of output on its way to one client: bytes as they go out, raw or with docker's
 * headers, and which of them belong to which channel.  It has no limit of its own; link credit is
 * what bounds it.
 */
struct outq {
	bool framed;
	struct buf bytes;
	size_t sent; /* bytes at the front that have gone out */
	struct outq_piece *pieces;
	size_t first, n_pieces, cap_pieces;
	size_t piece_sent; /* bytes of the first piece that have gone out */
};

/** outq_reset() - free what the queue holds and leave it empty */
void outq_reset(struct outq *q);

/**
 * outq_add() - append output of a channel
 *
 * Joins it with the piece before where that is of the same channel and not on its way yet.
 *
 * Return: 0; -ENOMEM, with the queue unchanged.
 */
int outq_add(struct outq *q, enum link_channel channel, const void *data, size_t len);

/** outq_peek() - get what is to be sent next, borrowed until the next call; @ret_len is 0 when
 * there is nothing */
const char *outq_peek(const struct outq *q, size_t *ret_len);

/**
 * outq_sent() - take bytes that have gone out off the front
 * @n:         at most what outq_peek() gave
 * @ret_taken: the output among them, without headers, is added for each channel
 */
void outq_sent(struct outq *q, size_t n, uint64_t ret_taken[LINK_CHANNELS]);
