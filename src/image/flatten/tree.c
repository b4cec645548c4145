/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/random.h"

/*
 * Theory of operation: all names of all folders are in one hash table, keyed by folder and name, so
 * that a folder costs nothing of its own and one with a hundred thousand names is as quick as a
 * small one.  Each folder also chains its names, in no order; the writer sorts them once.  Hashes
 * are not stored, but computed again when the table grows: smaller entries are worth that time.
 *
 * Names come from layers and are hostile: the hash has a random key, so nobody can choose names
 * that collide, and the order of the table never shows in the image.
 */

#define TABLE_LEN_FIRST 1024u
#define CHAIN_LEN	2u /* entries in a place of the table, on average */

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

int tree_inode_make(struct arena *arena, uint32_t mode, struct tree_inode **ret)
{
	struct tree_inode *inode = arena_alloc(arena, sizeof(*inode));

	if (inode && S_ISDIR(mode))
		inode->folder = arena_alloc(arena, sizeof(*inode->folder));
	if (!inode || (S_ISDIR(mode) && !inode->folder))
		return arena_errno(arena);
	inode->mode = (uint16_t)mode;
	*ret = inode;
	return 0;
}

int tree_inode_new(struct tree *t, uint32_t mode, struct tree_inode **ret)
{
	return tree_inode_make(&t->arena, mode, ret);
}

void tree_adopt(struct tree *t, struct arena *arena)
{
	arena_absorb(&t->arena, arena);
}

void tree_close(struct tree *t)
{
	free(take_ptr(t->table));
	t->table_len = 0;
}

static struct tree_entry **slot_of(const struct tree *t, const struct tree_entry *e)
{
	return &t->table[hash_name(t, e->dir, e->name, e->len) & (t->table_len - 1)];
}

struct tree_entry *tree_find(const struct tree *t, const struct tree_inode *dir, const char *name,
			     size_t len)
{
	struct tree_entry *e = t->table[hash_name(t, dir, name, len) & (t->table_len - 1)];

	while (e && (e->dir != dir || e->len != len || memcmp(e->name, name, len) != 0))
		e = e->chain;
	return e;
}

static void add_to_table(struct tree *t, struct tree_entry *e)
{
	struct tree_entry **slot = slot_of(t, e);

	e->chain = *slot;
	*slot = e;
}

static int grow_table(struct tree *t)
{
	cleanup_free struct tree_entry **old = t->table;
	size_t old_len = t->table_len;

	t->table = calloc(old_len * 2, sizeof(struct tree_entry *));
	if (!t->table) {
		t->table = take_ptr(old);
		return -ENOMEM;
	}
	t->table_len = old_len * 2;
	for (size_t i = 0; i < old_len; i++) {
		struct tree_entry *next;

		for (struct tree_entry *e = old[i]; e; e = next) {
			next = e->chain;
			add_to_table(t, e);
		}
	}
	return 0;
}

static void insert_entry(struct tree *t, struct tree_entry *e)
{
	struct tree_folder *folder = e->dir->folder;

	add_to_table(t, e);
	t->n_entries++;

	e->next = folder->children;
	e->link = &folder->children;
	if (e->next)
		e->next->link = &e->next;
	folder->children = e;
	folder->n_children++;
}

int tree_link(struct tree *t, const struct tree_place *at, uint32_t layer, struct tree_inode *inode)
{
	struct tree_entry *e;

	if (at->dir->folder->depth >= TREE_DEPTH_MAX)
		return -ELOOP;
	if (t->n_entries >= t->table_len * CHAIN_LEN && grow_table(t) < 0)
		return -ENOMEM;
	e = arena_alloc(&t->arena, offsetof(struct tree_entry, name) + at->len);
	if (!e)
		return arena_errno(&t->arena);
	e->dir = at->dir;
	e->inode = inode;
	e->layer = (uint16_t)layer;
	e->len = (uint8_t)at->len;
	memcpy(e->name, at->name, at->len);
	insert_entry(t, e);
	if (S_ISDIR(inode->mode)) {
		inode->folder->parent_entry = e;
		inode->folder->depth = at->dir->folder->depth + 1;
	} else {
		inode->nlink++;
	}
	return 0;
}

/* A file has lost its last name: the writer gives its space back. */
static void note_lost(struct tree *t, struct tree_entry *e)
{
	if (!S_ISREG(e->inode->mode) || e->inode->is_in_memory || e->inode->size_bytes == 0)
		return;
	e->next = NULL;
	if (t->last_lost)
		t->last_lost->next = e;
	else
		t->lost = e;
	t->last_lost = e;
}

/* Removes one name; names below it stay. */
static void remove_entry(struct tree *t, struct tree_entry *e)
{
	struct tree_entry **slot = slot_of(t, e);

	while (*slot != e)
		slot = &(*slot)->chain;
	*slot = e->chain;
	t->n_entries--;

	*e->link = e->next;
	if (e->next)
		e->next->link = e->link;
	e->dir->folder->n_children--;
	if (!S_ISDIR(e->inode->mode) && --e->inode->nlink == 0)
		note_lost(t, e);
}

/* Recursion is bounded by TREE_DEPTH_MAX, here and below. */
void tree_unlink(struct tree *t, struct tree_entry *e)
{
	if (S_ISDIR(e->inode->mode)) {
		while (e->inode->folder->children)
			tree_unlink(t, e->inode->folder->children);
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
	if (S_ISDIR(e->inode->mode) && e->inode->folder->children) {
		reset_attributes(e->inode);
		e->layer = (uint16_t)layer;
	} else {
		remove_entry(t, e);
	}
}

void tree_hide_children(struct tree *t, struct tree_inode *dir, uint32_t layer)
{
	struct tree_entry *next;

	if (dir->folder->opaque_layer == layer)
		return;
	dir->folder->opaque_layer = layer;
	for (struct tree_entry *e = dir->folder->children; e; e = next) {
		next = e->next;
		tree_hide(t, e, layer);
	}
}
