/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/erofs.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/flatten/erofs-dir.h"
#include "image/flatten/erofs-format.h"
#include "image/flatten/erofs-plan.h"
#include "image/flatten/erofs-xattr.h"

/*
 * Theory of operation: an image is, front to back, a block with the superblock, the data of files
 * in whole blocks (written before this begins), the blocks of folders and of other content that was
 * kept in memory, and the metadata area with the inodes.  The plan says where each piece goes, in
 * the order in which they are appended here.
 *
 * Numbers in the tree were checked by layer.c; what it lets through, the format can hold.
 */

/* crc32c as the kernel computes it: without the final inversion. */
static uint32_t crc32c(uint32_t crc, const uint8_t *data, size_t len)
{
	while (len-- > 0) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0);
	}
	return crc;
}

static void punch_hole(const struct erofs_out *out, uint64_t from, uint64_t to)
{
	if (to > from)
		fallocate(out->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
			  (off_t)(to - from));
}

/* Punches holes where files lie that a later layer replaced or hid, if the file system can do that.
 * Neighbours are punched together. */
static void punch_lost(const struct tree *t, const struct erofs_out *out)
{
	uint64_t from = 0, to = 0;

	for (const struct tree_entry *e = t->lost; e; e = e->next) {
		const struct tree_inode *i = e->inode;
		uint64_t end =
			i->pos + (i->size_bytes + EROFS_BLOCK - 1) / EROFS_BLOCK * EROFS_BLOCK;

		if (i->nlink > 0)
			continue;
		if (i->pos == to) {
			to = end;
		} else if (end == from) {
			from = i->pos;
		} else {
			punch_hole(out, from, to);
			from = i->pos;
			to = end;
		}
	}
	punch_hole(out, from, to);
}

static int write_dir_blocks(struct erofs_out *out, struct tree_inode *dir)
{
	uint64_t left = dir->size_bytes / EROFS_BLOCK + (dir->is_inline ? 0 : 1);
	struct erofs_dir_iter it;
	uint8_t block[EROFS_BLOCK];
	int r = 0;

	erofs_dir_begin(&it, dir);
	while (r == 0 && left-- > 0 && erofs_dir_block(&it, block) > 0)
		r = erofs_out_append(out, block, sizeof(block));
	return r;
}

/* Writes content that is in memory and does not fit behind its inode. */
static int write_blocks(struct erofs_out *out, struct tree_inode *inode)
{
	uint64_t pos = out->pos;
	int r;

	if (S_ISDIR(inode->mode))
		return write_dir_blocks(out, inode);
	if (!inode->is_in_memory || inode->is_inline)
		return 0;
	r = erofs_out_append(out, inode->data, inode->size_bytes);
	inode->pos = pos;
	inode->is_in_memory = false;
	return r == 0 ? erofs_out_align(out) : r;
}

static uint16_t xattr_count(const struct tree_inode *inode)
{
	uint64_t size = erofs_xattr_size(inode);

	if (size == 0)
		return 0;
	return (uint16_t)((size - sizeof(struct erofs_xattr_header)) / EROFS_XATTR_ALIGN + 1);
}

static uint16_t layout_of(const struct tree_inode *inode)
{
	return inode->is_inline ? EROFS_LAYOUT_INLINE : EROFS_LAYOUT_PLAIN;
}

static uint32_t block_or_rdev(const struct tree_inode *inode)
{
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		return inode->rdev;
	if (S_ISDIR(inode->mode))
		return (uint32_t)(inode->folder->pos / EROFS_BLOCK);
	return inode->is_in_memory ? 0 : (uint32_t)(inode->pos / EROFS_BLOCK);
}

static int write_compact(struct erofs_out *out, const struct tree_inode *inode, uint32_t number)
{
	struct erofs_inode_compact raw = {
		.format = htole16(layout_of(inode)),
		.xattr_count = htole16(xattr_count(inode)),
		.mode = htole16(inode->mode),
		.nlink = htole16((uint16_t)inode->nlink),
		.size = htole32((uint32_t)inode->size_bytes),
		.block_or_rdev = htole32(block_or_rdev(inode)),
		.ino = htole32(number),
		.uid = htole16((uint16_t)inode->uid),
		.gid = htole16((uint16_t)inode->gid),
	};

	return erofs_out_append(out, &raw, sizeof(raw));
}

static int write_extended(struct erofs_out *out, const struct tree_inode *inode, uint32_t number)
{
	struct erofs_inode_extended raw = {
		.format = htole16(layout_of(inode) | EROFS_FORMAT_EXTENDED),
		.xattr_count = htole16(xattr_count(inode)),
		.mode = htole16(inode->mode),
		.size = htole64(inode->size_bytes),
		.block_or_rdev = htole32(block_or_rdev(inode)),
		.ino = htole32(number),
		.uid = htole32(inode->uid),
		.gid = htole32(inode->gid),
		.mtime = htole64((uint64_t)inode->mtime_sec),
		.mtime_nsec = htole32(inode->mtime_nsec),
		.nlink = htole32(inode->nlink),
	};

	return erofs_out_append(out, &raw, sizeof(raw));
}

static int write_inline_content(struct erofs_out *out, struct tree_inode *inode)
{
	struct erofs_dir_iter it;
	uint8_t block[EROFS_BLOCK];

	if (!S_ISDIR(inode->mode))
		return erofs_out_append(out, inode->data, inode->size_bytes);
	erofs_dir_begin(&it, inode);
	for (uint64_t i = 0; i < inode->size_bytes / EROFS_BLOCK; i++)
		erofs_dir_block(&it, NULL);
	return erofs_out_append(out, block, erofs_dir_block(&it, block));
}

static int write_inode(struct erofs_out *out, uint64_t meta_start, struct tree_inode *inode,
		       uint32_t number)
{
	uint64_t pos = meta_start + (uint64_t)inode->slot * EROFS_SLOT;
	int r = erofs_out_skip(out, pos - out->pos);

	if (r == 0)
		r = inode->is_compact ? write_compact(out, inode, number)
				      : write_extended(out, inode, number);
	if (r == 0)
		r = erofs_xattr_write(out, inode);
	if (r == 0 && inode->is_inline)
		r = write_inline_content(out, inode);
	return r;
}

static int write_super(const struct erofs_plan *p, const struct erofs_out *out,
		       const uint8_t uuid[EROFS_UUID_LEN])
{
	uint8_t block[EROFS_BLOCK] = { 0 };
	struct erofs_super super = {
		.magic = htole32(EROFS_MAGIC),
		.feature_compat = htole32(EROFS_COMPAT_SB_CHKSUM | EROFS_COMPAT_MTIME),
		.block_bits = EROFS_BLOCK_BITS,
		.root_nid = htole16((uint16_t)erofs_nid(p->root)),
		.n_inodes = htole64(p->n_inodes),
		.build_time = htole64((uint64_t)p->time_sec),
		.build_time_nsec = htole32(p->time_nsec),
		.blocks = htole32((uint32_t)(out->pos / EROFS_BLOCK)),
		.meta_block = htole32((uint32_t)(p->blocks_pos / EROFS_BLOCK)),
	};
	uint32_t crc;

	memcpy(super.uuid, uuid, EROFS_UUID_LEN);
	memcpy(block + EROFS_SUPER_OFFSET, &super, sizeof(super));
	crc = crc32c(UINT32_MAX, block + EROFS_SUPER_OFFSET, EROFS_BLOCK - EROFS_SUPER_OFFSET);
	super.checksum = htole32(crc);
	memcpy(block + EROFS_SUPER_OFFSET, &super, sizeof(super));
	return fd_pwrite_all(out->fd, block, sizeof(block), 0);
}

static int write_plan(struct erofs_plan *p, struct erofs_out *out)
{
	struct tree_inode *inode;
	struct erofs_walk w;
	int r = 0;

	erofs_walk_begin(&w, p);
	while (r == 0 && (inode = erofs_walk_next(&w)))
		r = write_blocks(out, inode);
	if (r < 0)
		return r;
	erofs_walk_begin(&w, p);
	while (r == 0 && (inode = erofs_walk_next(&w)))
		r = write_inode(out, p->blocks_pos, inode, w.number);
	if (r == 0)
		r = erofs_out_align(out);
	if (r == 0)
		r = erofs_out_flush(out);
	if (r == 0 && ftruncate(out->fd, (off_t)out->pos) < 0)
		r = -errno;
	return r;
}

int erofs_write(struct tree *t, struct erofs_out *out, const uint8_t uuid[EROFS_UUID_LEN],
		struct err *err)
{
	struct erofs_plan plan;
	int r = erofs_out_finish(out);

	if (r < 0)
		return err_errno(err, r, "writing the image");
	punch_lost(t, out);
	r = erofs_plan_make(t, out->pos, &plan);
	if (r < 0 || (plan.blocks_pos + plan.meta_len) / EROFS_BLOCK >= UINT32_MAX)
		return err_set(err, -EFBIG, "the image is larger than EROFS can hold");
	r = write_plan(&plan, out);
	if (r == 0)
		r = write_super(&plan, out, uuid);
	return r < 0 ? err_errno(err, r, "writing the image") : 0;
}
