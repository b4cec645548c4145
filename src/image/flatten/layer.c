/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/flatten/layer-attr.h"
#include "image/flatten/layer-data.h"
#include "image/flatten/layer-error.h"
#include "image/flatten/layer-inner.h"
#include "image/flatten/tree-path.h"

/*
 * Theory of operation: the entries of a layer's tar are read one by one into a log, which
 * layer-apply.c applies to the tree.  Only the content of files goes into the output as it comes
 * by.  Nothing here opens, makes or looks at a file of the host.
 *
 * The layer comes from a registry and is hostile: libarchive parses it in a process without
 * rights, and every value it returns is checked before it goes into the log.
 */

#define WHITEOUT	".wh."
#define WHITEOUT_META	".wh..wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"

#define SYMLINK_MAX 4095u
#define MAJOR_MAX   0xFFFu
#define MINOR_MAX   0xFFFFFu

#define BATCH_BYTES MIB(1)

void layer_common_init(struct layer_common *c, const struct flatten_limits *limits)
{
	memset(c, 0, sizeof(*c));
	c->limits = limits;
	c->memory.limit = limits->max_memory;
	erofs_space_init(&c->space);
}

static void free_tar(struct archive **a)
{
	archive_read_free(*a);
}

int layer_tar_error(struct layer *l)
{
	const char *text = archive_error_string(l->tar);

	if (layer_stream_error(l->stream) < 0)
		return layer_stream_error(l->stream);
	if (archive_errno(l->tar) == ENOMEM)
		return err_nomem(l->at.err);
	return err_set(l->at.err, -EBADMSG, "not a valid tar archive: %s",
		       text ? text : "malformed");
}

static int add_item(struct layer *l, enum layer_item_kind kind, struct layer_item **ret)
{
	int r = layer_log_add(l->in->log, kind, l->at.entry_name, l->path, ret);

	return r < 0 ? layer_tree_error(&l->at, r) : 0;
}

/* l->path ends with the opaque marker's name, and means the folder before it. */
static int read_opaque(struct layer *l)
{
	struct layer_item *ignored;

	return add_item(l, LAYER_OPAQUE, &ignored);
}

/* Takes the prefix of a whiteout off the last name of the path. */
static int read_whiteout(struct layer *l, char *name)
{
	char *hidden = name + strlen(WHITEOUT);
	struct layer_item *ignored;

	if (streq(hidden, "") || streq(hidden, ".") || streq(hidden, ".."))
		return layer_fail(&l->at, "is a whiteout of nothing");
	memmove(name, hidden, strlen(hidden) + 1);
	return add_item(l, LAYER_WHITEOUT, &ignored);
}

/* Does a name in the path begin with @prefix?  The last name is included only @with_last. */
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
	char *slash = strrchr(l->path, '/');
	char *name = slash ? slash + 1 : l->path;
	int r = 0;

	if (has_name(l->path, WHITEOUT_META, false))
		return 1;
	if (has_name(l->path, WHITEOUT, false))
		return layer_fail(&l->at, "lies below a whiteout");
	if (!str_starts(name, WHITEOUT))
		return 0;
	if (streq(name, WHITEOUT_OPAQUE))
		r = read_opaque(l);
	else if (!str_starts(name, WHITEOUT_META))
		r = read_whiteout(l, name);
	return r < 0 ? r : 1;
}

static int read_hardlink(struct layer *l, const char *target)
{
	struct arena *arena = &l->in->log->passing;
	char path[TREE_PATH_MAX], shown[TREE_NAME_MAX + 1];
	struct layer_item *item;
	int r = tree_clean_path(target, path);

	if (r == -EXDEV) {
		layer_quote(target, shown, sizeof(shown));
		return layer_fail(&l->at, "links to \"%s\", which leaves the root of the image",
				  shown);
	}
	if (r < 0)
		return layer_tree_error(&l->at, r);
	r = add_item(l, LAYER_HARDLINK, &item);
	if (r < 0)
		return r;
	item->target = arena_text(arena, path);
	return item->target ? 0 : layer_tree_error(&l->at, arena_errno(arena));
}

static int read_symlink(struct layer *l, struct tree_inode *inode)
{
	struct arena *arena = layer_arena(l);
	const char *target = archive_entry_symlink(l->entry);
	size_t len = target ? strlen(target) : 0;
	char *copy;

	if (len == 0 || len > SYMLINK_MAX)
		return layer_fail(&l->at, "is a symbolic link with a target of %zu bytes", len);
	copy = arena_alloc(arena, len + 1);
	if (!copy)
		return layer_tree_error(&l->at, arena_errno(arena));
	memcpy(copy, target, len);
	tree_inode_keep(inode, copy, len);
	inode->mode = S_IFLNK | 0777;
	return 0;
}

/* Encodes device numbers as the kernel's new_encode_dev() does. */
static int read_device(struct layer *l, struct tree_inode *inode)
{
	uint64_t major = archive_entry_rdevmajor(l->entry);
	uint64_t minor = archive_entry_rdevminor(l->entry);

	if (major > MAJOR_MAX || minor > MINOR_MAX)
		return layer_fail(&l->at, "has the impossible device number %llu:%llu",
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
		return layer_fail(&l->at, "is of an unknown type");
	}
}

static int read_inode(struct layer *l, uint32_t mode)
{
	struct layer_log *log = l->in->log;
	struct tree_inode *inode;
	struct layer_item *item;
	int r = tree_inode_make(&log->kept, mode, &inode);

	if (r < 0)
		return layer_tree_error(&l->at, r);
	r = layer_read_attributes(l, inode);
	if (r == 0)
		r = read_content(l, inode);
	if (r == 0)
		r = add_item(l, LAYER_INODE, &item);
	if (r == 0)
		item->inode = inode;
	return r;
}

static int count_entry(struct layer *l)
{
	uint32_t max = l->in->common->limits->max_entries;

	return l->in->log->n_entries++ < max ? 0 : layer_tree_error(&l->at, -E2BIG);
}

static int read_entry(struct layer *l)
{
	const char *link = archive_entry_hardlink(l->entry);
	uint32_t mode = archive_entry_filetype(l->entry) | archive_entry_perm(l->entry);
	int r = count_entry(l);

	if (r < 0)
		return r;
	l->at.entry_name = archive_entry_pathname(l->entry);
	if (!l->at.entry_name)
		return err_set(l->at.err, -EBADMSG, "an entry has no name");
	r = tree_clean_path(l->at.entry_name, l->path);
	if (r < 0)
		return layer_tree_error(&l->at, r);
	r = try_whiteout(l);
	if (r != 0)
		return r < 0 ? r : 0;
	if (link)
		return read_hardlink(l, link);
	if (S_ISSOCK(mode))
		return 0;
	return read_inode(l, mode);
}

/* In the C locale libarchive warns of each name that is not ASCII, but gives its bytes
 * unchanged. */
static bool is_about_charset(struct archive *tar)
{
	const char *text = archive_error_string(tar);

	return text && strstr(text, "can't be converted");
}

static int make_batch(struct layer *l)
{
	if (!l->in->batch || l->in->log->passing.used < BATCH_BYTES)
		return 0;
	return l->in->batch(l->in->arg, l->at.err);
}

static int read_entries(struct layer *l)
{
	for (;;) {
		int r = archive_read_next_header(l->tar, &l->entry);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && !(r == ARCHIVE_WARN && is_about_charset(l->tar)))
			return layer_tar_error(l);
		r = read_entry(l);
		if (r == 0)
			r = make_batch(l);
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
		return err_nomem(l->at.err);
	if (archive_read_open(l->tar, l->stream, NULL, read_stream, NULL) != ARCHIVE_OK)
		return layer_tar_error(l);
	return 0;
}

DEFINE_CLEANUP(struct layer_stream, layer_stream_free)

int layer_read(const struct layer_reading *in, char ret_hex[HASH_HEX_MAX + 1], struct err *err)
{
	cleanup(layer_stream_free_cleanup_fn) struct layer_stream *stream = NULL;
	cleanup(free_tar) struct archive *tar = NULL;
	struct layer_common *common = in->common;
	struct layer l = { .in = in, .at = { .limits = common->limits, .err = err } };
	int r = layer_stream_open(in->layer, common->limits, &common->stop, err, &stream);

	if (r < 0)
		return r;
	tar = archive_read_new();
	l.stream = stream;
	l.tar = tar;
	r = open_tar(&l);
	if (r == 0)
		r = read_entries(&l);
	if (r == 0)
		r = layer_stream_finish(stream, ret_hex);
	if (r < 0)
		return r;
	r = erofs_out_leave(in->out);
	return r < 0 ? err_errno(err, r, "writing the image") : 0;
}
