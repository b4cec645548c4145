/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/tree.h"

/*
 * What a layer says, entry by entry, before it is applied to the tree: layers can be read all at
 * once, and are applied one after the other.
 */

enum layer_item_kind {
	LAYER_INODE,
	LAYER_HARDLINK,
	LAYER_WHITEOUT, /* of the last name of the path */
	LAYER_OPAQUE,	/* the path is the folder */
};

struct layer_item {
	struct layer_item *next;
	const char *name; /* as the layer says */
	const char *path; /* cleaned */
	union {
		struct tree_inode *inode;
		const char *target; /* of a hardlink, cleaned */
	};
	enum layer_item_kind kind;
};

struct layer_log {
	struct arena kept;    /* inodes, and what they have */
	struct arena passing; /* items and their texts */
	struct layer_item *first, *last;
	uint32_t n_entries; /* those that came to nothing too */
	uint64_t data_bytes;
};

/** layer_log_init() - an empty one; what it keeps counts against @budget, which is borrowed */
void layer_log_init(struct layer_log *log, struct arena_budget *budget);
void layer_log_reset(struct layer_log *log);

/**
 * layer_log_add() - append an item
 * @name, @path: copied
 * @ret:         borrowed; its inode or target is the caller's to set
 *
 * Return: 0; -EDQUOT; -ENOMEM.
 */
int layer_log_add(struct layer_log *log, enum layer_item_kind kind, const char *name,
		  const char *path, struct layer_item **ret);
