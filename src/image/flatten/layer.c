/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/flatten/layer-attr.h"
#include "image/flatten/layer-data.h"
#include "image/flatten/layer-error.h"
#include "image/flatten/layer-inner.h"
#include "image/flatten/tree-path.h"

/*
 * Theory of operation: the entries of a layer's tar are applied to the tree one by one, as
 * image-spec layer.md says.  Only the content of files goes into the output as it comes by.
 * Nothing here opens, makes or looks at a file of the host.
 *
 * The layer comes from a registry and is hostile: libarchive parses it in a process without
 * rights, and every value it returns is checked before it goes into the tree.
 */

#define WHITEOUT	".wh."
#define WHITEOUT_META	".wh..wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"

#define SYMLINK_MAX 4095u
#define MAJOR_MAX   0xFFFu
#define MINOR_MAX   0xFFFFFu

static void free_tar(struct archive **a)
{
	archive_read_free(*a);
}

static int place_entry(struct layer *l, uint32_t number, struct tree_place *ret)
{
	int r = tree_walk(l->target->tree, l->path, number, ret);

	return r < 0 ? layer_tree_error(l, r) : 0;
}

static int apply_opaque(struct layer *l)
{
	struct tree_place at;
	int r = place_entry(l, l->number, &at);

	if (r == 0)
		tree_hide_children(l->target->tree, at.dir, l->number);
	return r;
}

static int apply_whiteout(struct layer *l, const char *hidden)
{
	struct tree *t = l->target->tree;
	struct tree_entry *e = NULL;
	struct tree_place at;
	int r;

	if (streq(hidden, "") || streq(hidden, ".") || streq(hidden, ".."))
		return layer_fail(l, "is a whiteout of nothing");
	r = place_entry(l, 0, &at);
	if (r < 0)
		return r;
	if (at.dir)
		e = tree_find(t, at.dir, hidden, strlen(hidden));
	if (e)
		tree_hide(t, e, l->number);
	return 0;
}

/* Does a name in the path begin with @prefix?  The last name counts only @with_last. */
static bool has_name(const char *path, const char *prefix, bool with_last)
{
	const char *name = path;

	while (name) {
		const char *slash = strchr(name, '/');

		if ((slash || with_last) && str_starts(name, prefix))
			return true;
		name = slash ? slash + 1 : NULL;
	}
	return false;
}

/* Return: 1 when the entry was a whiteout or other bookkeeping and is done. */
static int try_whiteout(struct layer *l)
{
	const char *slash = strrchr(l->path, '/');
	const char *name = slash ? slash + 1 : l->path;
	const char *hidden = str_starts(name, WHITEOUT);
	int r;

	if (has_name(l->path, WHITEOUT_META, false))
		return 1;
	if (has_name(l->path, WHITEOUT, false))
		return layer_fail(l, "lies below a whiteout");
	if (!hidden)
		return 0;
	if (streq(name, WHITEOUT_OPAQUE))
		r = apply_opaque(l);
	else if (str_starts(name, WHITEOUT_META))
		r = 0;
	else
		r = apply_whiteout(l, hidden);
	return r < 0 ? r : 1;
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

/* Gives the entry's name to an inode.  A folder over a folder keeps what is in it. */
static int put_inode(struct layer *l, struct tree_inode *inode)
{
	struct tree *t = l->target->tree;
	struct tree_place at;
	struct tree_entry *old;
	int r = place_entry(l, l->number, &at);

	if (r < 0)
		return r;
	old = tree_find(t, at.dir, at.name, at.len);
	if (old && S_ISDIR(old->inode->mode) && S_ISDIR(inode->mode)) {
		copy_attributes(old->inode, inode);
		old->layer = l->number;
		return 0;
	}
	if (old && old->inode == inode) {
		old->layer = l->number;
		return 0;
	}
	if (old)
		tree_unlink(t, old);
	r = tree_link(t, at.dir, at.name, at.len, l->number, inode);
	return r < 0 ? layer_tree_error(l, r) : 0;
}

static int apply_hardlink(struct layer *l, const char *target)
{
	struct tree *t = l->target->tree;
	char path[TREE_PATH_MAX], shown[TREE_NAME_MAX + 1];
	struct tree_entry *e = NULL;
	struct tree_place at;
	int r = tree_clean_path(target, path);

	layer_quote(target, shown, sizeof(shown));
	if (r == -EXDEV)
		return layer_fail(l, "links to \"%s\", which leaves the root of the image", shown);
	if (r == 0)
		r = tree_walk(t, path, 0, &at);
	if (r < 0)
		return layer_tree_error(l, r);
	if (at.dir && at.len > 0)
		e = tree_find(t, at.dir, at.name, at.len);
	if (!e)
		return layer_fail(l, "links to \"%s\", which does not exist", shown);
	if (S_ISDIR(e->inode->mode))
		return layer_fail(l, "links to \"%s\", which is a folder", shown);
	return put_inode(l, e->inode);
}

static int read_symlink(struct layer *l, struct tree_inode *inode)
{
	struct arena *arena = &l->target->tree->arena;
	const char *target = archive_entry_symlink(l->entry);
	size_t len = target ? strlen(target) : 0;
	char *copy;

	if (len == 0 || len > SYMLINK_MAX)
		return layer_fail(l, "is a symbolic link with a target of %zu bytes", len);
	copy = arena_alloc(arena, len + 1);
	if (!copy)
		return layer_tree_error(l, arena_errno(arena));
	memcpy(copy, target, len);
	inode->data = copy;
	inode->size_bytes = len;
	inode->mode = S_IFLNK | 0777;
	return 0;
}

/* As the kernel's new_encode_dev(). */
static int read_device(struct layer *l, struct tree_inode *inode)
{
	uint64_t major = archive_entry_rdevmajor(l->entry);
	uint64_t minor = archive_entry_rdevminor(l->entry);

	if (major > MAJOR_MAX || minor > MINOR_MAX)
		return layer_fail(l, "has the impossible device number %llu:%llu",
				  (unsigned long long)major, (unsigned long long)minor);
	inode->rdev = (uint32_t)((minor & 0xFF) | major << 8 | (minor & ~0xFFull) << 12);
	return 0;
}

static int read_content(struct layer *l, struct tree_inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		return layer_read_data(l, inode);
	case S_IFLNK:
		return read_symlink(l, inode);
	case S_IFCHR:
	case S_IFBLK:
		return read_device(l, inode);
	case S_IFDIR:
	case S_IFIFO:
		return 0;
	default:
		return layer_fail(l, "is of an unknown type");
	}
}

static int apply_inode(struct layer *l, uint32_t mode)
{
	struct tree *t = l->target->tree;
	struct tree_inode *inode;
	int r = tree_inode_new(t, mode, &inode);

	if (r < 0)
		return layer_tree_error(l, r);
	r = layer_read_attributes(l, inode);
	if (r == 0)
		r = read_content(l, inode);
	if (r < 0)
		return r;
	if (l->path[0])
		return put_inode(l, inode);
	if (!S_ISDIR(mode))
		return layer_fail(l, "would replace the root of the image");
	copy_attributes(t->root, inode);
	return 0;
}

static int apply_entry(struct layer *l)
{
	const char *link = archive_entry_hardlink(l->entry);
	uint32_t mode = archive_entry_filetype(l->entry) | archive_entry_perm(l->entry);
	int r = tree_count(l->target->tree);

	l->entry_name = archive_entry_pathname(l->entry);
	if (!l->entry_name)
		return err_set(l->err, -EBADMSG, "an entry has no name");
	if (r == 0)
		r = tree_clean_path(l->entry_name, l->path);
	if (r < 0)
		return layer_tree_error(l, r);
	r = try_whiteout(l);
	if (r != 0)
		return r < 0 ? r : 0;
	if (link)
		return apply_hardlink(l, link);
	if (S_ISSOCK(mode))
		return 0;
	return apply_inode(l, mode);
}

/* In the C locale libarchive warns of every name that is not ASCII, and gives its bytes
 * unchanged. */
static bool is_about_charset(struct archive *tar)
{
	const char *text = archive_error_string(tar);

	return text && strstr(text, "can't be converted");
}

static int apply_entries(struct layer *l)
{
	for (;;) {
		int r = archive_read_next_header(l->tar, &l->entry);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && !(r == ARCHIVE_WARN && is_about_charset(l->tar)))
			return layer_tar_error(l);
		r = apply_entry(l);
		if (r < 0)
			return r;
	}
}

static ssize_t read_stream(struct archive *a, void *arg, const void **ret)
{
	ssize_t n = layer_stream_next(arg, ret);

	if (n < 0)
		archive_set_error(a, (int)-n, "the layer cannot be read");
	return n < 0 ? -1 : n;
}

static int open_tar(struct layer *l)
{
	if (!l->tar || archive_read_support_format_tar(l->tar) != ARCHIVE_OK ||
	    archive_read_support_format_empty(l->tar) != ARCHIVE_OK)
		return err_nomem(l->err);
	if (archive_read_open(l->tar, l->stream, NULL, read_stream, NULL) != ARCHIVE_OK)
		return layer_tar_error(l);
	return 0;
}

DEFINE_CLEANUP(struct layer_stream, layer_stream_free)

int layer_apply(struct layer_target *target, int fd, uint32_t number,
		char ret_hex[SHA256_HEX_LEN + 1], struct err *err)
{
	cleanup(layer_stream_free_cleanup_fn) struct layer_stream *stream = NULL;
	cleanup(free_tar) struct archive *tar = NULL;
	struct layer l = { .target = target, .number = number, .err = err };
	int r = layer_stream_open(fd, target->limits, err, &stream);

	if (r < 0)
		return r;
	tar = archive_read_new();
	l.stream = stream;
	l.tar = tar;
	r = open_tar(&l);
	if (r == 0)
		r = apply_entries(&l);
	return r == 0 ? layer_stream_finish(stream, ret_hex) : r;
}
