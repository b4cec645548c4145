/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-apply.h"

#include "image/flatten/layer-error.h"
#include "image/flatten/tree-path.h"

/*
 * Theory of operation: the entries of a layer are applied to the tree one by one, as image-spec
 * layer.md says: the last one of a name counts, a folder over a folder keeps what is in it, and a
 * whiteout hides what lower layers brought.
 *
 * The layer comes from a registry and is hostile.  Nothing here touches a file of the host.
 */

struct applying {
	struct tree *tree;
	uint32_t number;
	const struct layer_item *item;
	struct layer_site at;
};

static int place_item(struct applying *a, uint32_t number, struct tree_place *ret)
{
	int r = tree_walk(a->tree, a->item->path, number, ret);

	return r < 0 ? layer_tree_error(&a->at, r) : 0;
}

static int apply_opaque(struct applying *a)
{
	struct tree_place at;
	int r = place_item(a, a->number, &at);

	if (r == 0)
		tree_hide_children(a->tree, at.dir, a->number);
	return r;
}

static int apply_whiteout(struct applying *a)
{
	struct tree_entry *e = NULL;
	struct tree_place at;
	int r = place_item(a, 0, &at);

	if (r < 0)
		return r;
	if (at.dir)
		e = tree_find(a->tree, at.dir, at.name, at.len);
	if (e)
		tree_hide(a->tree, e, a->number);
	return 0;
}

static void copy_attributes(struct tree_inode *to, const struct tree_inode *from)
{
	to->mode = from->mode;
	to->uid = from->uid;
	to->gid = from->gid;
	to->mtime_sec = from->mtime_sec;
	to->mtime_nsec = from->mtime_nsec;
	to->xattrs = from->xattrs;
}

/* Gives the item's name to an inode.  A folder that meets a folder leaves the names in it. */
static int put_inode(struct applying *a, struct tree_inode *inode)
{
	struct tree *t = a->tree;
	struct tree_place at;
	struct tree_entry *old;
	int r = place_item(a, a->number, &at);

	if (r < 0)
		return r;
	old = tree_find(t, at.dir, at.name, at.len);
	if (old && S_ISDIR(old->inode->mode) && S_ISDIR(inode->mode)) {
		copy_attributes(old->inode, inode);
		old->layer = (uint16_t)a->number;
		return 0;
	}
	if (old && old->inode == inode) {
		old->layer = (uint16_t)a->number;
		return 0;
	}
	if (old)
		tree_unlink(t, old);
	r = tree_link(t, &at, a->number, inode);
	return r < 0 ? layer_tree_error(&a->at, r) : 0;
}

static int apply_hardlink(struct applying *a)
{
	const char *target = a->item->target;
	char shown[TREE_NAME_MAX + 1];
	struct tree_entry *e = NULL;
	struct tree_place at;
	int r = tree_walk(a->tree, target, 0, &at);

	if (r < 0)
		return layer_tree_error(&a->at, r);
	layer_quote(target, shown, sizeof(shown));
	if (at.dir && at.len > 0)
		e = tree_find(a->tree, at.dir, at.name, at.len);
	if (!e)
		return layer_fail(&a->at, "links to \"%s\", which does not exist", shown);
	if (S_ISDIR(e->inode->mode))
		return layer_fail(&a->at, "links to \"%s\", which is a folder", shown);
	return put_inode(a, e->inode);
}

static int apply_inode(struct applying *a)
{
	struct tree_inode *inode = a->item->inode;

	if (a->item->path[0])
		return put_inode(a, inode);
	if (!S_ISDIR(inode->mode))
		return layer_fail(&a->at, "would replace the root of the image");
	copy_attributes(a->tree->root, inode);
	return 0;
}

static int apply_item(struct applying *a)
{
	int r = tree_count(a->tree);

	if (r < 0)
		return layer_tree_error(&a->at, r);
	switch (a->item->kind) {
	case LAYER_HARDLINK:
		return apply_hardlink(a);
	case LAYER_WHITEOUT:
		return apply_whiteout(a);
	case LAYER_OPAQUE:
		return apply_opaque(a);
	default:
		return apply_inode(a);
	}
}

int layer_apply(struct tree *tree, struct layer_log *log, uint32_t number,
		const struct flatten_limits *limits, struct err *err)
{
	struct applying a = { .tree = tree,
			      .number = number,
			      .at = { .limits = limits, .err = err } };
	int r = 0;

	tree_adopt(tree, &log->kept);
	for (a.item = log->first; r == 0 && a.item; a.item = a.item->next) {
		a.at.entry_name = a.item->name;
		r = apply_item(&a);
	}
	layer_log_reset(log);
	return r;
}
