/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/holes.h"

#include <string.h>

#include "base/fd.h"

#define BLOCK_BYTES 4096u /* of most file systems */

static bool is_zero(const char *data, size_t len)
{
	return data[0] == '\0' && memcmp(data, data + 1, len - 1) == 0;
}

/* Counts the bytes up to the end of the file's block. */
static size_t piece_len(uint64_t offset, size_t len)
{
	size_t n = BLOCK_BYTES - (size_t)(offset % BLOCK_BYTES);

	return n < len ? n : len;
}

int tar_write_holes(int fd, const char *data, size_t len, uint64_t offset)
{
	int r = 0;

	while (r == 0 && len > 0) {
		size_t n = piece_len(offset, len), more;

		if (!is_zero(data, n)) {
			while (n < len) {
				more = piece_len(offset + n, len - n);
				if (is_zero(data + n, more))
					break;
				n += more;
			}
			r = fd_pwrite_all(fd, data, n, offset);
		}
		data += n;
		len -= n;
		offset += n;
	}
	return r;
}
