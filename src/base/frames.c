/* SPDX-License-Identifier: Apache-2.0 */
#include "base/frames.h"

#include <errno.h>

void frames_put(unsigned char ret[FRAMES_HEADER_BYTES], unsigned stream, size_t len)
{
	ret[0] = (unsigned char)stream;
	ret[1] = ret[2] = ret[3] = 0;
	for (int i = 0; i < 4; i++)
		ret[4 + i] = (unsigned char)(len >> (24 - 8 * i));
}

int frames_get(const unsigned char header[FRAMES_HEADER_BYTES], unsigned *ret_stream,
	       uint32_t *ret_len)
{
	if (header[1] != 0 || header[2] != 0 || header[3] != 0)
		return -EBADMSG;
	*ret_stream = header[0];
	*ret_len = (uint32_t)header[4] << 24 | (uint32_t)header[5] << 16 |
		   (uint32_t)header[6] << 8 | header[7];
	return 0;
}
