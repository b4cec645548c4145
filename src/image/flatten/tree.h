/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "image/flatten/arena.h"

/*
 * The file tree of an image while its layers are applied: inodes, and the names that lead to
 * them.  Everything lives in arenas and is freed with the tree.  There may be millions of both, so
 * they have no more than they need: about 120 bytes for a file with one short name.
 *
 * Each name remembers the layer that set it last, so that whiteouts and opaque folders hide
 * what lower layers brought and nothing else, in whatever order a layer lists its entries.
 */

#define TREE_NAME_MAX	255u
#define TREE_PATH_MAX	4096u
#define TREE_LINKS_MAX	40u
#define TREE_DEPTH_MAX	2048u
#define TREE_LAYERS_MAX (UINT16_MAX - 1u)
#define TREE_STEPS	128u /* names that may be passed on the way to one, on the average */
#define TREE_DIR_MODE	(S_IFDIR | 0755u) /* of folders that no layer lists */

struct tree_xattr {
	struct tree_xattr *next;
	const char *name;
	const void *value;
	uint32_t value_len;
};

/* What only folders have. */
struct tree_folder {
	struct tree_entry *parent_entry; /* NULL for the root */
	struct tree_entry *children;
	struct tree_inode *next; /* folder, in the order in which the image lists them */
	uint64_t pos;		 /* where in the output its blocks are */
	uint32_t n_children;
	uint32_t depth;
	uint32_t opaque_layer; /* nothing from below this layer is left in here */
};

struct tree_inode {
	struct tree_xattr *xattrs;
	int64_t mtime_sec;
	uint64_t size_bytes;
	union {
		uint64_t pos; /* files: where in the output the data is */
		const char
			*data; /* the same where it is_in_memory, and targets of symbolic links */
		uint32_t rdev; /* devices: as Linux encodes it on disk */
		struct tree_folder *folder; /* folders */
	};
	uint32_t mtime_nsec;
	uint32_t uid;
	uint32_t gid;
	uint32_t nlink; /* names of anything but a folder */
	uint32_t slot;	/* its number in the image, in the metadata area */
	uint16_t mode;
	bool is_in_memory : 1;
	/* For the writer of the image. */
	bool is_met : 1;
	bool is_compact : 1;
	bool is_inline : 1; /* the end of the data follows the inode */
};

struct tree_entry {
	struct tree_entry *chain; /* of the hash table */
	struct tree_entry *next;  /* of the folder; of the names that are no more */
	struct tree_entry **link; /* what points here in the folder */
	struct tree_inode *dir;
	struct tree_inode *inode;
	uint16_t layer;
	uint8_t len;
	char name[];
};

struct tree_limits {
	uint32_t max_entries;	     /* names ever made */
	uint64_t max_bytes;	     /* memory for inodes, names, targets and attributes */
	struct arena_budget *budget; /* shared with others, in place of max_bytes; NULL: its own */
};

struct tree {
	struct tree_inode *root;
	struct tree_entry **table; /* of all names, by folder and name */
	size_t table_len;	   /* a power of two */
	size_t n_entries;
	struct tree_entry *lost, *last_lost; /* last names of files whose data is in the output */
	uint64_t hash_key[2];
	uint32_t n_made;
	uint64_t n_steps; /* names that were passed on the way to others */
	uint32_t max_entries;
	struct arena_budget own_budget;
	struct arena arena;
};

/**
 * tree_new() - a tree with an empty root folder
 * @ret: owned, tree_free()
 *
 * Return: 0; -ENOMEM; -errno from getrandom(2).
 */
int tree_new(const struct tree_limits *limits, struct tree **ret);
void tree_free(struct tree *t);

/**
 * tree_count() - count one more entry against the limit
 *
 * Return: 0; -E2BIG when there are too many.
 */
int tree_count(struct tree *t);

/**
 * tree_inode_new() - a nameless inode
 * @mode: type and permissions, as in stat(2)
 * @ret:  borrowed from the tree
 *
 * Return: 0; -EDQUOT; -ENOMEM.
 */
int tree_inode_new(struct tree *t, uint32_t mode, struct tree_inode **ret);

/** tree_inode_make() - as tree_inode_new(), for a tree that gets it later: memory of @arena.
 * Return: as tree_inode_new(). */
int tree_inode_make(struct arena *arena, uint32_t mode, struct tree_inode **ret);

/** tree_inode_keep() - give it content that is in memory.  @data: borrowed for as long as the tree
 * is there */
static inline void tree_inode_keep(struct tree_inode *inode, const char *data, uint64_t len)
{
	inode->data = data;
	inode->size_bytes = len;
	inode->is_in_memory = true;
}

/** tree_adopt() - take over the arena that inodes are in; it is empty after */
void tree_adopt(struct tree *t, struct arena *arena);

/** tree_close() - no name is looked for, made or removed any more: give back what that takes */
void tree_close(struct tree *t);

/** tree_find() - a name in a folder.  Return: borrowed; NULL when it is not there. */
struct tree_entry *tree_find(const struct tree *t, const struct tree_inode *dir, const char *name,
			     size_t len);

/**
 * tree_link() - give an inode a name that is not taken
 * @dir:   folder
 * @len:   1 to TREE_NAME_MAX
 * @layer: the layer that says so, up to TREE_LAYERS_MAX
 *
 * A folder can have one name only.
 *
 * Return: 0; -ELOOP when folders are too deep; -EDQUOT; -ENOMEM.
 */
int tree_link(struct tree *t, struct tree_inode *dir, const char *name, size_t len, uint32_t layer,
	      struct tree_inode *inode);

/** tree_unlink() - remove a name, and with a folder all that is below it */
void tree_unlink(struct tree *t, struct tree_entry *e);

/**
 * tree_hide() - apply a whiteout
 * @layer: the layer that has the whiteout
 *
 * Removes what layers below @layer brought.  A folder in which @layer has something stays, with
 * the attributes of a folder that is not listed if @layer did not list it.
 */
void tree_hide(struct tree *t, struct tree_entry *e, uint32_t layer);

/** tree_hide_children() - make a folder opaque: tree_hide() for each name in it */
void tree_hide_children(struct tree *t, struct tree_inode *dir, uint32_t layer);
