/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/tree-path.h"

#include <errno.h>
#include <string.h>

#include "image/flatten/tree.h"

/*
 * Theory of operation: the path of an entry is cleaned as text first, so that ".." in it never
 * meets a symbolic link; what leaves the root is refused.  Then its parents are walked one name
 * at a time in the tree in memory.  The target of a symbolic link takes the link's place before
 * the rest of the path.  There ".." goes to the real parent and stops at the root, as it would for
 * a process that has the image as its root.
 *
 * Paths and targets come from layers and are hostile: one entry can have a way of thousands of
 * names, so all of them are counted.
 */

int tree_clean_path(const char *path, char *ret)
{
	size_t len = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && memcmp(path, "..", 2) == 0) {
			if (len == 0)
				return -EXDEV;
			while (len > 0 && ret[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && *path == '.')) {
			if (n > TREE_NAME_MAX || len + n + 2 > TREE_PATH_MAX)
				return -ENAMETOOLONG;
			if (len > 0)
				ret[len++] = '/';
			memcpy(ret + len, path, n);
			len += n;
		}
		path += n + strspn(path + n, "/");
	}
	ret[len] = '\0';
	return 0;
}

struct walk {
	struct tree *tree;
	struct tree_inode *dir;
	uint32_t layer;
	unsigned int n_links;
	size_t pos; /* of the next name in @rest */
	char rest[2 * TREE_PATH_MAX];
};

static int make_dir(struct walk *w, const char *name, size_t len)
{
	const struct tree_place at = { w->dir, name, len };
	struct tree_inode *inode;
	int r = tree_count(w->tree);

	if (r == 0)
		r = tree_inode_new(w->tree, TREE_DIR_MODE, &inode);
	if (r == 0)
		r = tree_link(w->tree, &at, w->layer, inode);
	if (r == 0)
		w->dir = inode;
	return r;
}

/* Puts the target of a link before the rest of the path. */
static int follow_link(struct walk *w, const struct tree_inode *link)
{
	const char *left = w->rest + w->pos;
	size_t left_len = strlen(left);
	size_t target_len = (size_t)link->size_bytes;

	if (++w->n_links > TREE_LINKS_MAX)
		return -ELOOP;
	if (target_len + left_len + 2 > sizeof(w->rest))
		return -ENAMETOOLONG;
	if (link->data[0] == '/')
		w->dir = w->tree->root;
	memmove(w->rest + target_len + 1, left, left_len + 1);
	memcpy(w->rest, link->data, target_len);
	w->rest[target_len] = '/';
	w->pos = 0;
	return 0;
}

static int step_dots(struct walk *w, size_t len)
{
	if (len == 2 && w->dir->folder->parent_entry)
		w->dir = w->dir->folder->parent_entry->dir;
	return 0;
}

static int step_name(struct walk *w, const char *name, size_t len)
{
	struct tree_entry *e;

	if (++w->tree->n_steps > (uint64_t)w->tree->max_entries * TREE_STEPS)
		return -ETIME;
	if (len <= 2 && strspn(name, ".") >= len)
		return step_dots(w, len);
	if (len > TREE_NAME_MAX)
		return -ENAMETOOLONG;
	e = tree_find(w->tree, w->dir, name, len);
	if (e && S_ISDIR(e->inode->mode)) {
		w->dir = e->inode;
		return 0;
	}
	if (e && S_ISLNK(e->inode->mode))
		return follow_link(w, e->inode);
	if (w->layer == 0)
		return -ENOENT;
	if (e && e->layer == w->layer)
		return -ENOTDIR;
	if (e)
		tree_unlink(w->tree, e);
	return make_dir(w, name, len);
}

int tree_walk(struct tree *t, const char *path, uint32_t layer, struct tree_place *ret)
{
	struct walk w = { .tree = t, .dir = t->root, .layer = layer };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int r = 0;

	memcpy(w.rest, path, (size_t)(name - path));
	while (r == 0 && w.rest[w.pos]) {
		const char *next = w.rest + w.pos;
		size_t len = strcspn(next, "/");

		w.pos += len + strspn(next + len, "/");
		if (len > 0)
			r = step_name(&w, next, len);
	}
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = (struct tree_place){
		.dir = r == 0 ? w.dir : NULL,
		.name = name,
		.len = strlen(name),
	};
	return 0;
}
