/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/frames.h"

/*
 * Docker's multiplexed stream: each piece of output has a header "[1|2] 0 0 0 length(u32 BE)".
 * Starts zeroed; fed in pieces of any size.
 */
struct demux {
	unsigned char header[FRAMES_HEADER_BYTES];
	unsigned have;	 /* bytes of the header */
	unsigned stream; /* enum frames_stream */
	uint32_t left;	 /* bytes of the payload to come */
	bool places;	 /* pieces of FRAMES_PLACE may come, too */
};

/* A piece of payload inside the data that was fed. */
struct demux_piece {
	unsigned stream; /* enum frames_stream */
	const char *data;
	size_t len; /* 0: the data held no payload */
};

/**
 * demux_next() - take the next piece
 *
 * Return: bytes of @data used, including the piece's; at least 1 when @len is; -EBADMSG for a
 * header of another kind.
 */
ssize_t demux_next(struct demux *d, const char *data, size_t len, struct demux_piece *ret);
