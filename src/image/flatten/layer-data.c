/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-data.h"

#include <string.h>

#include "image/flatten/erofs.h"
#include "image/flatten/layer-error.h"
#include "image/flatten/layer-inner.h"

/*
 * Theory of operation: libarchive hands out pieces of a file with their offsets; what lies
 * between them is zeros.  A small file goes to memory as long as there is room for such, any
 * other to the output at once.
 */

struct piece {
	const void *data;
	size_t len;
	uint64_t offset;
};

/* Gets the next piece, and checks that it follows @pos and ends within the file. */
static int next_piece(struct layer *l, uint64_t pos, uint64_t size, struct piece *ret)
{
	int64_t offset;
	int r = archive_read_data_block(l->tar, &ret->data, &ret->len, &offset);

	if (r == ARCHIVE_EOF) {
		*ret = (struct piece){ .offset = size };
		return 0;
	}
	if (r != ARCHIVE_OK)
		return layer_tar_error(l);
	if (offset < 0 || (uint64_t)offset < pos || (uint64_t)offset > size ||
	    ret->len > size - (uint64_t)offset)
		return layer_fail(&l->at, "has data outside of its size");
	ret->offset = (uint64_t)offset;
	return 0;
}

static int read_to_memory(struct layer *l, struct tree_inode *inode)
{
	struct arena *arena = layer_arena(l);
	char *content = arena_alloc(arena, (size_t)inode->size_bytes);
	uint64_t pos = 0;

	if (!content)
		return layer_tree_error(&l->at, arena_errno(arena));
	while (pos < inode->size_bytes) {
		struct piece piece;
		int r = next_piece(l, pos, inode->size_bytes, &piece);

		if (r < 0)
			return r;
		if (piece.len > 0)
			memcpy(content + piece.offset, piece.data, piece.len);
		pos = piece.offset + piece.len;
	}
	tree_inode_keep(inode, content, inode->size_bytes);
	return 0;
}

static int append_piece(struct layer *l, uint64_t gap, const void *data, size_t len)
{
	struct erofs_out *out = l->in->out;
	int r = gap > 0 ? erofs_out_skip(out, gap) : 0;

	if (r == 0)
		r = erofs_out_append(out, data, len);
	return r < 0 ? err_errno(l->at.err, r, "writing the image") : 0;
}

static int read_to_output(struct layer *l, struct tree_inode *inode)
{
	uint64_t pos = 0;
	int r = erofs_out_place(l->in->out, inode->size_bytes, &inode->pos);

	if (r < 0)
		return err_errno(l->at.err, r, "writing the image");
	while (pos < inode->size_bytes) {
		struct piece piece;

		r = next_piece(l, pos, inode->size_bytes, &piece);
		if (r == 0)
			r = append_piece(l, piece.offset - pos, piece.data, piece.len);
		if (r < 0)
			return r;
		pos = piece.offset + piece.len;
	}
	return 0;
}

/* Is there room for a small file in memory? */
static bool take_inline(struct layer_common *c, uint64_t size)
{
	if (size > EROFS_INLINE_MAX)
		return false;
	if (atomic_fetch_add(&c->inline_bytes, size) + size <= c->limits->inline_bytes)
		return true;
	atomic_fetch_sub(&c->inline_bytes, size);
	return false;
}

int layer_read_data(struct layer *l, struct tree_inode *inode)
{
	struct layer_common *c = l->in->common;
	int64_t size = archive_entry_size(l->entry);

	if (size < 0)
		return layer_fail(&l->at, "has the impossible size %lld", (long long)size);
	inode->size_bytes = (uint64_t)size;
	if (inode->size_bytes > c->limits->max_bytes ||
	    atomic_fetch_add(&c->data_bytes, inode->size_bytes) >
		    c->limits->max_bytes - inode->size_bytes)
		return layer_fail(&l->at,
				  "makes the image larger than %llu bytes (" LIMIT("bytes") ")",
				  (unsigned long long)c->limits->max_bytes);
	l->in->log->data_bytes += inode->size_bytes;
	if (size == 0)
		return 0;
	return take_inline(c, inode->size_bytes) ? read_to_memory(l, inode)
						 : read_to_output(l, inode);
}
