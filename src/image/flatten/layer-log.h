/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/tree.h"

/*
 * The entries of a layer, before they are applied to the tree: layers can be read all at once, but
 * are applied one after the other.
 */

enum layer_item_kind {
	LAYER_INODE,
	LAYER_HARDLINK,
	LAYER_WHITEOUT, /* hides the last name of the path */
	LAYER_OPAQUE,	/* hides what lower layers have in the folder @path */
};

struct layer_item {
	struct layer_item *next;
	const char *name; /* as the layer has it */
	const char *path; /* cleaned */
	union {
		struct tree_inode *inode;
		const char *target; /* of a hardlink, cleaned */
	};
	enum layer_item_kind kind;
};

struct layer_log {
	struct arena kept;    /* inodes, and what they hold */
	struct arena passing; /* items and their texts */
	struct layer_item *first, *last;
	uint32_t n_entries; /* with those that came to nothing */
	uint64_t data_bytes;
};

/** layer_log_init() - make an empty log; its memory counts against @budget, which is borrowed */
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
