/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Docker's framing of output: a header before each piece, with its stream and length. */
#define FRAMES_HEADER_BYTES 8

enum frames_stream {
	FRAMES_STDOUT = 1,
	FRAMES_STDERR = 2,
	FRAMES_PLACE = 4, /* moat's own, in a log: the place up to which the log was sent */
};

/** frames_put() - write a header.  @len: of the piece, below 4 GiB */
void frames_put(unsigned char ret[FRAMES_HEADER_BYTES], unsigned stream, size_t len);

/** frames_get() - read a header.  Return: 0; -EBADMSG for bytes that are none, outputs untouched.
 */
int frames_get(const unsigned char header[FRAMES_HEADER_BYTES], unsigned *ret_stream,
	       uint32_t *ret_len);
