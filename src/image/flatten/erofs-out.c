/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/erofs-out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/macro.h"
#include "image/flatten/erofs-format.h"

#define GATHER_BYTES MIB(1)
#define HOLE_BYTES   KIB(64) /* zeros in shorter runs are cheaper to write than to skip */

int erofs_out_init(struct erofs_out *o, int fd)
{
	*o = (struct erofs_out){ .fd = fd, .pos = EROFS_BLOCK, .data = malloc(GATHER_BYTES) };
	return o->data ? 0 : -ENOMEM;
}

void erofs_out_reset(struct erofs_out *o)
{
	free(o->data);
	o->data = NULL;
}

static bool is_zero_piece(const char *data, size_t len)
{
	return data[0] == 0 && memcmp(data, data + 1, len - 1) == 0;
}

/* Writes what is gathered.  Pieces of HOLE_BYTES that are all zeros are left to be holes. */
int erofs_out_flush(struct erofs_out *o)
{
	uint64_t base = o->pos - o->len;
	size_t start = 0; /* of what is not yet written */
	int r = 0;

	for (size_t i = 0; i + HOLE_BYTES <= o->len && r == 0; i += HOLE_BYTES) {
		if (!is_zero_piece(o->data + i, HOLE_BYTES))
			continue;
		if (i > start)
			r = fd_pwrite_all(o->fd, o->data + start, i - start, base + start);
		start = i + HOLE_BYTES;
	}
	if (r == 0 && o->len > start)
		r = fd_pwrite_all(o->fd, o->data + start, o->len - start, base + start);
	o->len = 0;
	return r;
}

int erofs_out_append(struct erofs_out *o, const void *data, size_t len)
{
	const char *from = data;

	while (len > 0) {
		size_t n = GATHER_BYTES - o->len;

		if (n > len)
			n = len;
		memcpy(o->data + o->len, from, n);
		o->len += n;
		o->pos += n;
		from += n;
		len -= n;
		if (o->len == GATHER_BYTES) {
			int r = erofs_out_flush(o);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

int erofs_out_skip(struct erofs_out *o, uint64_t len)
{
	static const char zeros[EROFS_BLOCK];
	int r;

	if (len <= sizeof(zeros))
		return erofs_out_append(o, zeros, (size_t)len);
	r = erofs_out_flush(o);
	o->pos += len;
	return r;
}

int erofs_out_align(struct erofs_out *o)
{
	return erofs_out_skip(o, -o->pos % EROFS_BLOCK);
}
