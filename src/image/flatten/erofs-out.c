/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/erofs-out.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/macro.h"
#include "image/flatten/erofs-format.h"

/*
 * Theory of operation: a file's content lies in one piece, so a place for it is asked for first.
 * Small files lie side by side in a part taken from the shared space.  A larger file that does not
 * fit into the rest of the part gets a place of its own: the rest still serves smaller ones.
 */

#define GATHER_BYTES KIB(256)
#define DIRECT_BYTES KIB(128)
#define HOLE_BYTES   KIB(64)  /* shorter runs of zeros are cheaper to write than to skip */
#define PART_BYTES   MIB(4)   /* taken from the space at a time */
#define LARGE_BYTES  KIB(128) /* files from this size on need not lie among the small ones */

void erofs_space_init(struct erofs_space *s)
{
	s->next = EROFS_BLOCK;
}

int erofs_out_init(struct erofs_out *o, int fd, struct erofs_space *space)
{
	*o = (struct erofs_out){ .fd = fd, .space = space, .data = malloc(GATHER_BYTES) };
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

/* Leaves pieces of HOLE_BYTES that are all zeros as holes. */
static int write_at(const struct erofs_out *o, const char *data, size_t len, uint64_t base)
{
	size_t start = 0; /* first byte that is not yet written */
	int r = 0;

	for (size_t i = 0; i + HOLE_BYTES <= len && r == 0; i += HOLE_BYTES) {
		if (!is_zero_piece(data + i, HOLE_BYTES))
			continue;
		if (i > start)
			r = fd_pwrite_all(o->fd, data + start, i - start, base + start);
		start = i + HOLE_BYTES;
	}
	if (r == 0 && len > start)
		r = fd_pwrite_all(o->fd, data + start, len - start, base + start);
	return r;
}

/* Writes the gathered data. */
int erofs_out_flush(struct erofs_out *o)
{
	int r = write_at(o, o->data, o->len, o->pos - o->len);

	o->len = 0;
	return r;
}

/* Data that is long enough is written without being gathered. */
static int append_directly(struct erofs_out *o, const char *data, size_t len)
{
	int r = erofs_out_flush(o);

	if (r == 0)
		r = write_at(o, data, len, o->pos);
	o->pos += len;
	return r;
}

static int go_to(struct erofs_out *o, uint64_t pos)
{
	int r = pos == o->pos ? 0 : erofs_out_flush(o);

	o->pos = pos;
	return r;
}

/* Gives back the rest of the part, if nobody has taken the space behind it. */
static void leave_part(struct erofs_out *o)
{
	uint64_t end = o->part_end;

	if (o->part_pos < o->part_end)
		(void)atomic_compare_exchange_strong(&o->space->next, &end, o->part_pos);
	o->part_pos = o->part_end = 0;
}

int erofs_out_place(struct erofs_out *o, uint64_t size_bytes, uint64_t *ret_pos)
{
	uint64_t len = (size_bytes + EROFS_BLOCK - 1) / EROFS_BLOCK * EROFS_BLOCK;
	uint64_t pos;
	int r = erofs_out_align(o);

	if (r < 0)
		return r;
	if (len > o->part_end - o->part_pos && len >= LARGE_BYTES) {
		pos = atomic_fetch_add(&o->space->next, len);
	} else {
		if (len > o->part_end - o->part_pos) {
			leave_part(o);
			o->part_pos = atomic_fetch_add(&o->space->next, PART_BYTES);
			o->part_end = o->part_pos + PART_BYTES;
		}
		pos = o->part_pos;
		o->part_pos += len;
	}
	r = go_to(o, pos);
	if (r == 0)
		*ret_pos = pos;
	return r;
}

int erofs_out_leave(struct erofs_out *o)
{
	int r = erofs_out_align(o);

	leave_part(o);
	return r == 0 ? erofs_out_flush(o) : r;
}

int erofs_out_finish(struct erofs_out *o)
{
	int r = erofs_out_leave(o);

	o->pos = o->space->next;
	return r;
}

int erofs_out_append(struct erofs_out *o, const void *data, size_t len)
{
	const char *from = data;

	if (len >= DIRECT_BYTES)
		return append_directly(o, data, len);
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
