/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Docker's framing of output: before each piece, which stream it is of and how long it is. */
#define FRAMES_HEADER_BYTES 8

enum frames_stream {
	FRAMES_STDOUT = 1,
	FRAMES_STDERR = 2,
	FRAMES_PLACE = 4, /* moat's own, in a log: where what came so far ends */
};

/** frames_put() - @len: of the piece, below 4 GiB */
void frames_put(unsigned char ret[FRAMES_HEADER_BYTES], unsigned stream, size_t len);

/** frames_get() - Return: 0; -EBADMSG for what is no header, outputs untouched. */
int frames_get(const unsigned char header[FRAMES_HEADER_BYTES], unsigned *ret_stream,
	       uint32_t *ret_len);
