/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/*
 * Theory of operation: all names of all folders are in one hash table, keyed by folder and name,
 * so that a folder costs nothing of its own and one with a hundred thousand names is as quick as
 * a small one.  Each folder also chains its names, in no order; the writer sorts them once.
 *
 * Names come from layers and are hostile: the hash has a random key, so nobody can choose names
 * that collide, and the order of the table never shows in the image.
 */

#define TABLE_LEN_FIRST 1024u

static uint64_t fold_hash(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_name(const struct tree *t, const struct tree_inode *dir, const char *name,
			  size_t len)
{
	uint64_t h = fold_hash((uint64_t)(uintptr_t)dir ^ t->hash_key[0], t->hash_key[1] ^ len);

	while (len > 0) {
		size_t n = len < sizeof(uint64_t) ? len : sizeof(uint64_t);
		uint64_t word = 0;

		memcpy(&word, name, n);
		h = fold_hash(h ^ word, t->hash_key[1]);
		name += n;
		len -= n;
	}
	return fold_hash(h ^ t->hash_key[0], t->hash_key[1]);
}

int tree_new(const struct tree_limits *limits, struct tree **ret)
{
	struct tree *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	t->own_budget.limit = limits->max_bytes;
	arena_init(&t->arena, limits->budget ? limits->budget : &t->own_budget);
	t->max_entries = limits->max_entries;
	t->table_len = TABLE_LEN_FIRST;
	t->table = calloc(t->table_len, sizeof(struct tree_entry *));
	r = t->table ? random_bytes(t->hash_key, sizeof(t->hash_key)) : -ENOMEM;
	t->hash_key[1] |= 1;
	if (r == 0)
		r = tree_inode_new(t, TREE_DIR_MODE, &t->root);
	if (r < 0) {
		tree_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	arena_reset(&t->arena);
	free(t->table);
	free(t);
}

int tree_count(struct tree *t)
{
	if (t->n_made >= t->max_entries)
		return -E2BIG;
	t->n_made++;
	return 0;
}

static void append_inodes(struct tree_inodes *to, struct tree_inode *first, struct tree_inode *last)
{
	if (to->last)
		to->last->next = first;
	else
		to->first = first;
	to->last = last;
}

int tree_inode_make(struct arena *arena, struct tree_inodes *list, uint32_t mode,
		    struct tree_inode **ret)
{
	struct tree_inode *inode = arena_alloc(arena, sizeof(*inode));

	if (!inode)
		return arena_errno(arena);
	inode->mode = mode;
	append_inodes(list, inode, inode);
	*ret = inode;
	return 0;
}

int tree_inode_new(struct tree *t, uint32_t mode, struct tree_inode **ret)
{
	return tree_inode_make(&t->arena, &t->inodes, mode, ret);
}

void tree_adopt(struct tree *t, struct arena *arena, struct tree_inodes *list)
{
	if (list->first)
		append_inodes(&t->inodes, list->first, list->last);
	*list = (struct tree_inodes){ 0 };
	arena_absorb(&t->arena, arena);
}

struct tree_entry *tree_find(const struct tree *t, const struct tree_inode *dir, const char *name,
			     size_t len)
{
	uint64_t hash = hash_name(t, dir, name, len);
	struct tree_entry *e = t->table[hash & (t->table_len - 1)];

	while (e && (e->hash != hash || e->dir != dir || e->len != len ||
		     memcmp(e->name, name, len) != 0))
		e = e->chain;
	return e;
}

static int grow_table(struct tree *t)
{
	size_t len = t->table_len * 2;
	struct tree_entry **table = calloc(len, sizeof(struct tree_entry *));

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < t->table_len; i++) {
		struct tree_entry *next;

		for (struct tree_entry *e = t->table[i]; e; e = next) {
			struct tree_entry **slot = &table[e->hash & (len - 1)];

			next = e->chain;
			e->chain = *slot;
			*slot = e;
		}
	}
	free(t->table);
	t->table = table;
	t->table_len = len;
	return 0;
}

static void insert_entry(struct tree *t, struct tree_entry *e)
{
	struct tree_entry **slot = &t->table[e->hash & (t->table_len - 1)];

	e->chain = *slot;
	*slot = e;
	t->n_entries++;

	e->next = e->dir->children;
	e->link = &e->dir->children;
	if (e->next)
		e->next->link = &e->next;
	e->dir->children = e;
	e->dir->n_children++;
}

int tree_link(struct tree *t, struct tree_inode *dir, const char *name, size_t len, uint32_t layer,
	      struct tree_inode *inode)
{
	struct tree_entry *e;

	if (dir->depth >= TREE_DEPTH_MAX)
		return -ELOOP;
	if (t->n_entries >= t->table_len && grow_table(t) < 0)
		return -ENOMEM;
	e = arena_alloc(&t->arena, sizeof(*e) + len);
	if (!e)
		return arena_errno(&t->arena);
	e->hash = hash_name(t, dir, name, len);
	e->dir = dir;
	e->inode = inode;
	e->layer = layer;
	e->len = (uint8_t)len;
	memcpy(e->name, name, len);
	insert_entry(t, e);
	if (S_ISDIR(inode->mode)) {
		inode->parent_entry = e;
		inode->depth = dir->depth + 1;
	} else {
		inode->nlink++;
	}
	return 0;
}

/* Takes one name out, without looking below it. */
static void remove_entry(struct tree *t, struct tree_entry *e)
{
	struct tree_entry **slot = &t->table[e->hash & (t->table_len - 1)];

	while (*slot != e)
		slot = &(*slot)->chain;
	*slot = e->chain;
	t->n_entries--;

	*e->link = e->next;
	if (e->next)
		e->next->link = e->link;
	e->dir->n_children--;
	if (!S_ISDIR(e->inode->mode))
		e->inode->nlink--;
}

/* Recursion is bounded by TREE_DEPTH_MAX, here and below. */
void tree_unlink(struct tree *t, struct tree_entry *e)
{
	if (S_ISDIR(e->inode->mode)) {
		while (e->inode->children)
			tree_unlink(t, e->inode->children);
	}
	remove_entry(t, e);
}

static void reset_attributes(struct tree_inode *dir)
{
	dir->mode = TREE_DIR_MODE;
	dir->uid = 0;
	dir->gid = 0;
	dir->mtime_sec = 0;
	dir->mtime_nsec = 0;
	dir->xattrs = NULL;
}

void tree_hide(struct tree *t, struct tree_entry *e, uint32_t layer)
{
	if (S_ISDIR(e->inode->mode))
		tree_hide_children(t, e->inode, layer);
	if (e->layer == layer)
		return;
	if (e->inode->children) {
		reset_attributes(e->inode);
		e->layer = layer;
	} else {
		remove_entry(t, e);
	}
}

void tree_hide_children(struct tree *t, struct tree_inode *dir, uint32_t layer)
{
	struct tree_entry *next;

	if (dir->opaque_layer == layer)
		return;
	dir->opaque_layer = layer;
	for (struct tree_entry *e = dir->children; e; e = next) {
		next = e->next;
		tree_hide(t, e, layer);
	}
}
