/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The overlay keeps all that differs from the image in the upper folder: a
 * device node 0:0 stands for what was deleted, and a folder marked opaque hides all that the image
 * has in it and, unmarked, in the folders below.  So it is enough to walk the upper folder, and to
 * look up each name in the image.  The mount points that moat made are no change of the
 * container's.
 *
 * The upper folder is the container's: names and contents are hostile.
 */
#include "guest/files/changes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "guest/container/rootfs.h"
#include "tar/list.h"
#include "tar/pack.h"

#define DEPTH_MAX 900u

struct walk {
	struct files_output *out;
	struct tar_pack *pack; /* for a layer; NULL for a list of changes */
	struct buf path;       /* without a slash in front */
	unsigned depth;	       /* of the folder that is walked */
	struct err *err;
};

/* Two folders of the same path. */
struct pair {
	int upper, lower; /* lower: -1 where the image has none */
	bool replaced;	  /* nothing of @lower is visible any more */
	bool changed;	  /* something in @upper is not as in @lower; set by walk_folder() */
};

static int changes_failed(const struct walk *w, int code)
{
	return err_errno(w->err, code, "/%s", w->path.data);
}

static int list_change(struct walk *w, char kind)
{
	char head[2] = { kind, '/' };
	int r = files_write(w->out, head, sizeof(head));

	/* The record includes the NUL at its end. */
	if (r == 0)
		r = files_write(w->out, w->path.data, w->path.len + 1);
	return r < 0 ? changes_failed(w, r) : 0;
}

static int push_name(struct walk *w, const char *name)
{
	if ((w->path.len > 0 && buf_adds(&w->path, "/") < 0) || buf_adds(&w->path, name) < 0)
		return changes_failed(w, -ENOMEM);
	return 0;
}

static void pop_name(struct walk *w, size_t len)
{
	w->path.len = len;
	w->path.data[len] = '\0';
}

static bool is_whiteout(const struct stat *sb)
{
	return S_ISCHR(sb->st_mode) && sb->st_rdev == makedev(0, 0);
}

static bool is_opaque(int fd)
{
	char value[2];

	return fgetxattr(fd, "trusted.overlay.opaque", value, sizeof(value)) == 1 &&
	       value[0] == 'y';
}

/* Is it an empty file, or a folder with nothing new in it, that was made only for moat to mount
 * something there? */
static bool is_mount_point(const struct walk *w, const struct stat *sb)
{
	static const char *const paths[] = {
		"dev", "proc", "sys", "etc", "etc/hosts", "etc/hostname", "etc/resolv.conf"
	};

	if (!S_ISDIR(sb->st_mode) && (!S_ISREG(sb->st_mode) || sb->st_size > 0))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (streq(w->path.data, paths[i]))
			return true;
	return false;
}

static int add_whiteout(struct walk *w)
{
	const char *slash = strrchr(w->path.data, '/');
	int dir_len = slash ? (int)(slash - w->path.data) + 1 : 0;
	cleanup_free char *as =
		str_printf("%.*s.wh.%s", dir_len, w->path.data, w->path.data + dir_len);

	return as ? tar_pack_empty(w->pack, as, w->err) : changes_failed(w, -ENOMEM);
}

static int add_opaque(struct walk *w)
{
	cleanup_free char *as = str_printf("%s/.wh..wh..opq", w->path.data);

	return as ? tar_pack_empty(w->pack, as, w->err) : changes_failed(w, -ENOMEM);
}

/* Lists files of the image in a folder whose content was replaced, that are not there any more. */
static int list_hidden(struct walk *w, struct pair *p)
{
	cleanup_strv char **names = NULL;
	size_t len = w->path.len;
	int r = tar_list(p->lower, &names);

	if (r < 0)
		return changes_failed(w, r);
	for (char **n = names; r == 0 && n && *n; n++) {
		if (faccessat(p->upper, *n, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		p->changed = true;
		r = push_name(w, *n);
		if (r == 0)
			r = list_change(w, 'D');
		pop_name(w, len);
	}
	return r;
}

static bool same_folder(const struct stat *a, const struct stat *b)
{
	return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

static int walk_folder(struct walk *w, struct pair *p);

static void pair_close(struct pair *p)
{
	cleanup_close_fn(&p->upper);
	cleanup_close_fn(&p->lower);
}

static int open_pair(struct walk *w, const struct pair *p, const char *name, bool in_both,
		     struct pair *ret)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

	ret->upper = openat(p->upper, name, flags);
	if (ret->upper < 0)
		return changes_failed(w, -errno);
	ret->lower = in_both ? openat(p->lower, name, flags) : -1;
	if (in_both && ret->lower < 0)
		return changes_failed(w, -errno);
	ret->replaced = in_both && (p->replaced || is_opaque(ret->upper));
	return 0;
}

/* @lower: what the image has under this name; NULL for nothing */
static int visit_folder(struct walk *w, struct pair *p, const char *name, const struct stat *sb,
			const struct stat *lower)
{
	bool in_both = lower && S_ISDIR(lower->st_mode);
	cleanup(pair_close) struct pair inner = { .upper = -1, .lower = -1 };
	int r = open_pair(w, p, name, in_both, &inner);

	if (r < 0)
		return r;
	if (w->pack) {
		r = tar_pack_one(w->pack, p->upper, name, w->path.data, w->err);
		/* The mark of a replaced folder also covers all folders below it, in a layer as in
		 * the overlay. */
		if (r == 0 && inner.replaced && !p->replaced)
			r = add_opaque(w);
	} else if (inner.replaced) {
		r = list_hidden(w, &inner);
	}
	w->depth++;
	if (r == 0)
		r = walk_folder(w, &inner);
	w->depth--;
	if (r < 0)
		return r;
	if (!inner.changed && (lower ? in_both && same_folder(sb, lower) : is_mount_point(w, sb)))
		return 0;
	p->changed = true;
	return w->pack ? 0 : list_change(w, lower ? 'C' : 'A');
}

static int visit_entry(struct walk *w, struct pair *p, const char *name)
{
	struct stat sb, lower;
	bool has_lower;

	if (fstatat(p->upper, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : changes_failed(w, -errno);
	has_lower = p->lower >= 0 && fstatat(p->lower, name, &lower, AT_SYMLINK_NOFOLLOW) == 0;
	if (S_ISDIR(sb.st_mode))
		return visit_folder(w, p, name, &sb, has_lower ? &lower : NULL);
	if (is_whiteout(&sb)) {
		if (!has_lower)
			return 0;
		p->changed = true;
		return w->pack ? add_whiteout(w) : list_change(w, 'D');
	}
	if (!has_lower && is_mount_point(w, &sb))
		return 0;
	p->changed = true;
	if (w->pack)
		return tar_pack_one(w->pack, p->upper, name, w->path.data, w->err);
	return list_change(w, has_lower ? 'C' : 'A');
}

static int walk_folder(struct walk *w, struct pair *p)
{
	cleanup_strv char **names = NULL;
	size_t len = w->path.len;
	int r = w->depth == DEPTH_MAX ? -ELOOP : tar_list(p->upper, &names);

	if (r < 0)
		return changes_failed(w, r);
	for (char **n = names; r == 0 && n && *n; n++) {
		r = push_name(w, *n);
		if (r == 0)
			r = visit_entry(w, p, *n);
		pop_name(w, len);
	}
	return r;
}

/* Puts out the root's own owner and permissions. */
static int visit_root(struct walk *w, const struct pair *p)
{
	struct stat upper, lower;

	if (fstat(p->upper, &upper) < 0 || fstat(p->lower, &lower) < 0)
		return changes_failed(w, -errno);
	if (!w->pack || same_folder(&upper, &lower))
		return 0;
	return tar_pack_one(w->pack, AT_FDCWD, UPPER_DIR, ".", w->err);
}

static int compare_with_image(struct walk *w)
{
	cleanup(pair_close) struct pair p = { .upper = -1, .lower = -1 };
	int r;

	if (buf_adds(&w->path, "") < 0)
		return err_errno(w->err, -ENOMEM, "compare with the image");
	p.upper = open(UPPER_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p.lower = open(LOWER_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p.upper < 0 || p.lower < 0)
		return err_errno(w->err, -errno, "compare with the image");
	r = visit_root(w, &p);
	return r == 0 ? walk_folder(w, &p) : r;
}

int files_changes(struct files_output *out, struct err *err)
{
	struct walk w = { .out = out, .err = err };
	int r = compare_with_image(&w);

	buf_reset(&w.path);
	return r;
}

int files_layer(struct files_output *out, unsigned pack_flags, struct err *err)
{
	cleanup(tar_pack_reset) struct tar_pack pack = { .write = files_write,
							 .arg = out,
							 .flags = pack_flags };
	struct walk w = { .out = out, .pack = &pack, .err = err };
	int r = compare_with_image(&w);

	buf_reset(&w.path);
	return r == 0 ? tar_pack_end(&pack, err) : r;
}
