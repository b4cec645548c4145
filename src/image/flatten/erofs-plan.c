/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/erofs-plan.h"

#include <errno.h>

#include "image/flatten/erofs-dir.h"
#include "image/flatten/erofs-xattr.h"
#include "image/flatten/erofs.h"

/*
 * Theory of operation: folders are sorted and chained from the root down, each before those that
 * are in it, and so is the order of the inodes: those of one folder lie together.  Then each gets
 * its place in the metadata area.  Short content (a target, a small file, the end of a folder) goes
 * behind its inode, where it must not cross the end of a block; what does not fit gets blocks of
 * its own in front of the metadata area.
 *
 * Walks need no list: a file with several names counts where it is met first, and a mark, whose
 * value changes from walk to walk, tells whether it was met.
 */

/* Inode number 0 is left free: programs take it for a deleted file. */
#define META_FIRST (2 * EROFS_SLOT)

void erofs_walk_begin(struct erofs_walk *w, struct erofs_plan *p)
{
	*w = (struct erofs_walk){ .plan = p };
	p->met = !p->met;
}

static struct tree_inode *meet_inode(struct erofs_walk *w, struct tree_inode *inode)
{
	inode->is_met = w->plan->met;
	w->number++;
	return inode;
}

struct tree_inode *erofs_walk_next(struct erofs_walk *w)
{
	if (!w->folder) {
		w->folder = w->plan->root;
		w->next = w->folder->folder->children;
		return meet_inode(w, w->folder);
	}
	for (;;) {
		struct tree_entry *e = w->next;

		while (e && e->inode->is_met == w->plan->met)
			e = e->next;
		if (e) {
			w->next = e->next;
			return meet_inode(w, e->inode);
		}
		if (!w->folder->folder->next)
			return NULL;
		w->folder = w->folder->folder->next;
		w->next = w->folder->folder->children;
	}
}

static void note_time(struct erofs_plan *p, const struct tree_inode *inode)
{
	if (inode->mtime_sec > p->time_sec ||
	    (inode->mtime_sec == p->time_sec && inode->mtime_nsec > p->time_nsec)) {
		p->time_sec = inode->mtime_sec;
		p->time_nsec = inode->mtime_nsec;
	}
}

/* Sorts a folder, counts its links, and chains its subfolders behind @last.  Return: the new last
 * one. */
static struct tree_inode *list_folder(struct tree_inode *dir, struct tree_inode *last)
{
	erofs_dir_sort(dir);
	dir->nlink = 2;
	for (struct tree_entry *e = dir->folder->children; e; e = e->next) {
		if (!S_ISDIR(e->inode->mode))
			continue;
		dir->nlink++;
		last->folder->next = e->inode;
		last = e->inode;
	}
	return last;
}

static void list_inodes(struct erofs_plan *p)
{
	struct tree_inode *last = p->root, *inode;
	struct erofs_walk w;

	for (struct tree_inode *dir = p->root; dir; dir = dir->folder->next)
		last = list_folder(dir, last);
	erofs_walk_begin(&w, p);
	while ((inode = erofs_walk_next(&w)))
		note_time(p, inode);
	p->n_inodes = w.number;
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

/* Divides content between blocks and the space behind the inode, which has @head_len bytes.
 * @ret_pos: of the blocks; untouched where there are none.  Return: the bytes behind the inode. */
static uint32_t place_content(struct erofs_plan *p, struct tree_inode *inode, uint32_t head_len,
			      uint64_t *ret_pos)
{
	uint32_t tail = (uint32_t)(inode->size_bytes % EROFS_BLOCK);
	uint64_t blocks = inode->size_bytes / EROFS_BLOCK;

	inode->is_inline = tail > 0 && head_len + tail <= EROFS_BLOCK &&
			   (S_ISLNK(inode->mode) || tail <= EROFS_INLINE_MAX);
	if (tail > 0 && !inode->is_inline)
		blocks++;
	if (blocks > 0)
		*ret_pos = p->blocks_pos;
	p->blocks_pos += blocks * EROFS_BLOCK;
	return inode->is_inline ? tail : 0;
}

/* Places content that is in memory.  The place is kept in the member for its address, which is read
 * when the content is written. */
static uint32_t place_behind(struct erofs_plan *p, struct tree_inode *inode, uint32_t head_len)
{
	uint64_t unused;

	if (S_ISDIR(inode->mode))
		return place_content(p, inode, head_len, &inode->folder->pos);
	return inode->is_in_memory ? place_content(p, inode, head_len, &unused) : 0;
}

static void place_inode(struct erofs_plan *p, struct tree_inode *inode)
{
	uint32_t own_len, head_len, unbroken, len;

	if (S_ISDIR(inode->mode))
		inode->size_bytes = dir_size(inode);
	inode->is_compact = fits_compact(p, inode);
	own_len = inode->is_compact ? sizeof(struct erofs_inode_compact)
				    : sizeof(struct erofs_inode_extended);
	head_len = own_len + (uint32_t)erofs_xattr_size(inode);
	len = head_len + place_behind(p, inode, head_len);

	unbroken = len <= EROFS_BLOCK ? len : own_len;
	if (p->meta_len % EROFS_BLOCK + unbroken > EROFS_BLOCK)
		p->meta_len = (p->meta_len / EROFS_BLOCK + 1) * EROFS_BLOCK;
	inode->slot = (uint32_t)(p->meta_len / EROFS_SLOT);
	p->meta_len = (p->meta_len + len + EROFS_SLOT - 1) / EROFS_SLOT * EROFS_SLOT;
}

int erofs_plan_make(struct tree *t, uint64_t first_pos, struct erofs_plan *ret)
{
	struct erofs_plan p = { .root = t->root, .blocks_pos = first_pos, .meta_len = META_FIRST };
	struct tree_inode *inode;
	struct erofs_walk w;

	list_inodes(&p);
	erofs_walk_begin(&w, &p);
	while ((inode = erofs_walk_next(&w)))
		place_inode(&p, inode);
	if (p.meta_len / EROFS_SLOT > UINT32_MAX)
		return -EFBIG;
	*ret = p;
	return 0;
}
