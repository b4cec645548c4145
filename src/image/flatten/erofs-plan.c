/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/erofs-plan.h"

#include <errno.h>
#include <stdlib.h>

#include "image/flatten/erofs-dir.h"
#include "image/flatten/erofs-xattr.h"
#include "image/flatten/erofs.h"

/*
 * Theory of operation: the inodes are listed folder by folder from the root down, so that those
 * of one folder lie together.  Then each gets its place in the metadata area.  Short content (a
 * target, a small file, the end of a folder) goes behind its inode, where it must not cross the
 * end of a block; what does not fit gets blocks of its own in front of the metadata area.
 */

/* Nobody gets number 0, which programs take for a deleted file. */
#define META_FIRST (2 * EROFS_SLOT)

static void list_inode(struct erofs_plan *p, struct tree_inode *inode)
{
	if (inode->index)
		return;
	p->inodes[p->n_inodes++] = inode;
	inode->index = (uint32_t)p->n_inodes;
	if (inode->mtime_sec > p->time_sec ||
	    (inode->mtime_sec == p->time_sec && inode->mtime_nsec > p->time_nsec)) {
		p->time_sec = inode->mtime_sec;
		p->time_nsec = inode->mtime_nsec;
	}
}

static int list_inodes(struct tree *t, struct erofs_plan *p)
{
	p->inodes = calloc(t->n_entries + 1, sizeof(struct tree_inode *));
	if (!p->inodes)
		return -ENOMEM;
	list_inode(p, t->root);
	for (size_t i = 0; i < p->n_inodes; i++) {
		struct tree_inode *dir = p->inodes[i];
		int r;

		if (!S_ISDIR(dir->mode))
			continue;
		dir->nlink = 2;
		r = erofs_dir_sort(dir);
		if (r < 0)
			return r;
		for (struct tree_entry *e = dir->children; e; e = e->next) {
			list_inode(p, e->inode);
			dir->nlink += S_ISDIR(e->inode->mode) ? 1 : 0;
		}
	}
	return 0;
}

static uint64_t dir_size(struct tree_inode *dir)
{
	struct erofs_dir_iter it;
	uint64_t size = 0;
	uint32_t used;

	erofs_dir_begin(&it, dir);
	while ((used = erofs_dir_block(&it, NULL)) > 0)
		size = (size + EROFS_BLOCK - 1) / EROFS_BLOCK * EROFS_BLOCK + used;
	return size;
}

static bool fits_compact(const struct erofs_plan *p, const struct tree_inode *inode)
{
	return inode->uid <= UINT16_MAX && inode->gid <= UINT16_MAX && inode->nlink <= UINT16_MAX &&
	       inode->size_bytes <= UINT32_MAX && inode->mtime_sec == p->time_sec &&
	       inode->mtime_nsec == p->time_nsec;
}

/* Splits content that is in memory between blocks and the inode; returns the bytes at the inode. */
static uint32_t place_content(struct erofs_plan *p, struct tree_inode *inode)
{
	uint32_t tail = (uint32_t)(inode->size_bytes % EROFS_BLOCK);
	uint64_t blocks = inode->size_bytes / EROFS_BLOCK;

	inode->is_inline = tail > 0 && inode->head_len + tail <= EROFS_BLOCK &&
			   (S_ISLNK(inode->mode) || tail <= EROFS_INLINE_MAX);
	if (tail > 0 && !inode->is_inline)
		blocks++;
	inode->pos = blocks ? p->blocks_pos : 0;
	p->blocks_pos += blocks * EROFS_BLOCK;
	return inode->is_inline ? tail : 0;
}

static void place_inode(struct erofs_plan *p, struct tree_inode *inode)
{
	uint32_t own_len, unbroken, len;

	if (S_ISDIR(inode->mode))
		inode->size_bytes = dir_size(inode);
	inode->is_compact = fits_compact(p, inode);
	own_len = inode->is_compact ? sizeof(struct erofs_inode_compact)
				    : sizeof(struct erofs_inode_extended);
	inode->head_len = own_len + (uint32_t)erofs_xattr_size(inode);
	len = inode->head_len;
	if (S_ISDIR(inode->mode) || inode->data)
		len += place_content(p, inode);

	unbroken = len <= EROFS_BLOCK ? len : own_len;
	if (p->meta_len % EROFS_BLOCK + unbroken > EROFS_BLOCK)
		p->meta_len = (p->meta_len / EROFS_BLOCK + 1) * EROFS_BLOCK;
	inode->meta_pos = p->meta_len;
	p->meta_len = (p->meta_len + len + EROFS_SLOT - 1) / EROFS_SLOT * EROFS_SLOT;
}

int erofs_plan_make(struct tree *t, uint64_t first_pos, struct erofs_plan *ret)
{
	struct erofs_plan p = { .blocks_pos = first_pos, .meta_len = META_FIRST };
	int r = list_inodes(t, &p);

	if (r < 0) {
		erofs_plan_reset(&p);
		return r;
	}
	for (size_t i = 0; i < p.n_inodes; i++)
		place_inode(&p, p.inodes[i]);
	*ret = p;
	return 0;
}

void erofs_plan_reset(struct erofs_plan *p)
{
	free(p->inodes);
	p->inodes = NULL;
}
