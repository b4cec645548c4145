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
#define TREE_STEPS	128u		  /* names passed per lookup that are allowed, on average */
#define TREE_DIR_MODE	(S_IFDIR | 0755u) /* mode of folders that no layer lists */

struct tree_xattr {
	struct tree_xattr *next;
	const char *name;
	const void *value;
	uint32_t value_len;
};

/* Members of folders only. */
struct tree_folder {
	struct tree_entry *parent_entry; /* NULL for the root */
	struct tree_entry *children;
	struct tree_inode *next; /* the next folder, in the image's order */
	uint64_t pos;		 /* position of its blocks in the output */
	uint32_t n_children;
	uint32_t depth;
	uint32_t opaque_layer; /* names from layers below this one are hidden here */
};

struct tree_inode {
	struct tree_xattr *xattrs;
	int64_t mtime_sec;
	uint64_t size_bytes;
	union {
		uint64_t pos;	  /* files: position of the data in the output */
		const char *data; /* files where is_in_memory, and targets of symbolic links */
		uint32_t rdev;	  /* devices: the number, encoded as Linux does on disk */
		struct tree_folder *folder; /* folders */
	};
	uint32_t mtime_nsec;
	uint32_t uid;
	uint32_t gid;
	uint32_t nlink; /* number of names, except for folders */
	uint32_t slot;	/* number of the inode: its slot in the metadata area */
	uint16_t mode;
	bool is_in_memory : 1;
	/* Used by the writer of the image. */
	bool is_met : 1;
	bool is_compact : 1;
	bool is_inline : 1; /* the end of the data follows the inode */
};

struct tree_entry {
	struct tree_entry *chain; /* next in the hash table's place */
	struct tree_entry *next;  /* next name of the folder; next lost name */
	struct tree_entry **link; /* the pointer to this entry in the folder's list */
	struct tree_inode *dir;
	struct tree_inode *inode;
	uint16_t layer;
	uint8_t len;
	char name[];
};

struct tree_limits {
	uint32_t max_entries;	     /* most names that may ever be made */
	uint64_t max_bytes;	     /* limit of memory for inodes, names, targets and attributes */
	struct arena_budget *budget; /* shared with others, instead of max_bytes; NULL: its own */
};

struct tree {
	struct tree_inode *root;
	struct tree_entry **table; /* of all names, by folder and name */
	size_t table_len;	   /* a power of two */
	size_t n_entries;
	struct tree_entry *lost,
		*last_lost; /* last names, removed, of files with data in the output */
	uint64_t hash_key[2];
	uint32_t n_made;
	uint64_t n_steps; /* names passed in all lookups */
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

/** tree_inode_make() - make an inode in @arena, for a tree that adopts it later.  Return: as
 * tree_inode_new(). */
int tree_inode_make(struct arena *arena, uint32_t mode, struct tree_inode **ret);

/** tree_inode_keep() - give an inode content that is kept in memory.  @data: borrowed for as long
 * as the tree exists */
static inline void tree_inode_keep(struct tree_inode *inode, const char *data, uint64_t len)
{
	inode->data = data;
	inode->size_bytes = len;
	inode->is_in_memory = true;
}

/** tree_adopt() - take over the memory of an arena with inodes; the arena is empty after */
void tree_adopt(struct tree *t, struct arena *arena);

/** tree_close() - free what finding, making and removing names needs: none of these may follow */
void tree_close(struct tree *t);

/** tree_find() - find a name in a folder.  Return: borrowed; NULL when it is not there. */
struct tree_entry *tree_find(const struct tree *t, const struct tree_inode *dir, const char *name,
			     size_t len);

struct tree_place {
	struct tree_inode *dir; /* folder; NULL when a parent is missing */
	const char *name;	/* borrowed from the path */
	size_t len;		/* 1 to TREE_NAME_MAX */
};

/**
 * tree_link() - give an inode a name that is not taken
 * @layer: the layer that brings the name, up to TREE_LAYERS_MAX
 *
 * A folder can have one name only.
 *
 * Return: 0; -ELOOP when folders are too deep; -EDQUOT; -ENOMEM.
 */
int tree_link(struct tree *t, const struct tree_place *at, uint32_t layer,
	      struct tree_inode *inode);

/** tree_unlink() - remove a name, and all below it if it is a folder's */
void tree_unlink(struct tree *t, struct tree_entry *e);

/**
 * tree_hide() - apply a whiteout
 * @layer: the layer that has the whiteout
 *
 * Removes what layers below @layer brought.  A folder in which @layer has something stays, with
 * the attributes of a folder that is not listed if @layer did not list it.
 */
void tree_hide(struct tree *t, struct tree_entry *e, uint32_t layer);

/** tree_hide_children() - make a folder opaque: call tree_hide() for each name in it */
void tree_hide_children(struct tree *t, struct tree_inode *dir, uint32_t layer);
