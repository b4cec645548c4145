/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A folder is read completely, then its names are packed one after the other,
 * each through the descriptor of the folder it was found in and without following a link, so that
 * moving files meanwhile cannot lead the walk elsewhere.  A member's size is decided before its
 * data are read, and stays, whatever happens to the file.
 *
 * A file that the kernel makes up is read first, as its size is not known before.
 *
 * Names, links and contents are hostile; a device or pipe that takes the place of a file is opened
 * without waiting for it, and not read.
 */
#include "tar/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "tar/inode.h"
#include "tar/links.h"
#include "tar/list.h"
#include "tar/made-up.h"
#include "tar/writer.h"

#define DEPTH_MAX   900u
#define CHUNK_BYTES 65536u

void tar_pack_reset(struct tar_pack *p)
{
	buf_reset(&p->path);
	tar_links_free(take_ptr(p->links));
}

static const char *shown_path(const struct tar_pack *p)
{
	return p->path.data && *p->path.data ? p->path.data : "/";
}

static int pack_failed(const struct tar_pack *p, int code, struct err *err)
{
	return err_errno(err, code, "%s", shown_path(p));
}

/* Leaves out a made-up file that cannot be read, in packing a whole folder: many are only for
 * writing, or for hardware that this machine lacks. */
static int leave_out(const struct tar_pack *p, int made_up_fd, int code, struct err *err)
{
	return p->depth > 0 && tar_is_made_up(made_up_fd) ? 0 : pack_failed(p, code, err);
}

static int put_bytes(struct tar_pack *p, const void *data, size_t len, struct err *err)
{
	int r = p->write(p->arg, data, len);

	return r < 0 ? err_errno(err, r, "write the archive") : 0;
}

static int put_header(struct tar_pack *p, const struct tar_entry *e, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = tar_put_header(&b, e);

	return r < 0 ? pack_failed(p, r, err) : put_bytes(p, b.data, b.len, err);
}

static int put_zeros(struct tar_pack *p, uint64_t len, struct err *err)
{
	static const char zeros[4096];
	int r = 0;

	for (; r == 0 && len > 0; len -= len < sizeof(zeros) ? len : sizeof(zeros))
		r = put_bytes(p, zeros, len < sizeof(zeros) ? (size_t)len : sizeof(zeros), err);
	return r;
}

static void describe_entry(const struct tar_pack *p, const struct stat *sb, struct tar_entry *e)
{
	bool root = p->flags & TAR_PACK_ROOT_OWNS;

	e->mode = sb->st_mode & 07777;
	e->uid = root ? 0 : sb->st_uid;
	e->gid = root ? 0 : sb->st_gid;
	e->mtime_sec = sb->st_mtim.tv_sec;
	e->mtime_nsec = (uint32_t)sb->st_mtim.tv_nsec;
	e->major = major(sb->st_rdev);
	e->minor = minor(sb->st_rdev);
}

static int put_extent(struct tar_pack *p, int fd, uint64_t offset, uint64_t len, struct err *err)
{
	cleanup_free char *chunk = malloc(CHUNK_BYTES);

	if (!chunk)
		return pack_failed(p, -ENOMEM, err);
	while (len > 0) {
		size_t want = len < CHUNK_BYTES ? (size_t)len : CHUNK_BYTES;
		ssize_t n = pread(fd, chunk, want, (off_t)offset);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pack_failed(p, -errno, err);
		if (n == 0)
			return put_zeros(p, len, err);
		r = put_bytes(p, chunk, (size_t)n, err);
		if (r < 0)
			return r;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int put_data(struct tar_pack *p, int fd, const struct tar_entry *e, struct err *err)
{
	int r = 0;

	if (!e->sparse)
		r = put_extent(p, fd, 0, e->size_bytes, err);
	for (size_t i = 0; r == 0 && i < e->n_extents; i++)
		r = put_extent(p, fd, e->extents[i].offset, e->extents[i].len, err);
	return r == 0 ? put_zeros(p, tar_padding(tar_data_bytes(e)), err) : r;
}

/* Return: a descriptor; -ENOENT when it is no regular file any more; -errno. */
static int open_file(int dir_fd, const char *name, struct stat *ret)
{
	cleanup_close int fd =
		openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -ENOENT : -errno;
	if (fstat(fd, ret) < 0)
		return -errno;
	return S_ISREG(ret->st_mode) ? take_fd(&fd) : -ENOENT;
}

static int put_text(struct tar_pack *p, const struct buf *text, struct tar_entry *e,
		    struct err *err)
{
	int r;

	e->size_bytes = text->len;
	r = put_header(p, e, err);
	if (r == 0 && text->len > 0)
		r = put_bytes(p, text->data, text->len, err);
	return r == 0 ? put_zeros(p, tar_padding(text->len), err) : r;
}

static int pack_file(struct tar_pack *p, int dir_fd, const char *name, struct tar_entry *e,
		     struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct stat sb;
	cleanup_close int fd = open_file(dir_fd, name, &sb);
	int r = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : leave_out(p, dir_fd, fd, err);
	describe_entry(p, &sb, e);
	r = tar_read_made_up(fd, &sb, &text);
	if (r != 0)
		return r < 0 ? leave_out(p, fd, r, err) : put_text(p, &text, e, err);
	e->size_bytes = (uint64_t)sb.st_size;
	if (p->flags & TAR_PACK_XATTRS)
		r = tar_add_xattrs(fd, e);
	if (r == 0 && p->flags & TAR_PACK_SPARSE)
		r = tar_find_extents(fd, &sb, e);
	if (r < 0)
		return pack_failed(p, r, err);
	r = put_header(p, e, err);
	return r == 0 ? put_data(p, fd, e, err) : r;
}

static int pack_symlink(struct tar_pack *p, int dir_fd, const char *name, struct tar_entry *e,
			struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : leave_out(p, dir_fd, -errno, err);
	target[n] = '\0';
	e->link = strdup(target);
	return e->link ? put_header(p, e, err) : pack_failed(p, -ENOMEM, err);
}

static int pack_nonfolder(struct tar_pack *p, int dir_fd, const char *name, const struct stat *sb,
			  struct err *err)
{
	cleanup(tar_entry_reset) struct tar_entry e = { .path = strdup(p->path.data) };
	const char *first = NULL;

	if (!e.path)
		return pack_failed(p, -ENOMEM, err);
	describe_entry(p, sb, &e);
	if (sb->st_nlink > 1 && !S_ISSOCK(sb->st_mode) &&
	    tar_links_find(&p->links, sb, p->path.data, &first) < 0)
		return pack_failed(p, -ENOMEM, err);
	if (first) {
		e.type = TAR_HARDLINK;
		e.link = strdup(first);
		return e.link ? put_header(p, &e, err) : pack_failed(p, -ENOMEM, err);
	}
	switch (sb->st_mode & S_IFMT) {
	case S_IFREG:
		e.type = TAR_FILE;
		return pack_file(p, dir_fd, name, &e, err);
	case S_IFLNK:
		e.type = TAR_SYMLINK;
		return pack_symlink(p, dir_fd, name, &e, err);
	case S_IFCHR:
		e.type = TAR_CHAR;
		break;
	case S_IFBLK:
		e.type = TAR_BLOCK;
		break;
	case S_IFIFO:
		e.type = TAR_FIFO;
		break;
	default:
		return 0;
	}
	return put_header(p, &e, err);
}

/* Packs the member of the folder itself. */
static int pack_folder(struct tar_pack *p, int fd, const struct stat *sb, struct err *err)
{
	cleanup(tar_entry_reset) struct tar_entry e = { .type = TAR_FOLDER };
	int r = 0;

	if (p->path.len == 0)
		return 0;
	e.path = str_printf("%s%s", p->path.data, str_ends(p->path.data, "/") ? "" : "/");
	if (!e.path)
		return pack_failed(p, -ENOMEM, err);
	describe_entry(p, sb, &e);
	if (p->flags & TAR_PACK_XATTRS)
		r = tar_add_xattrs(fd, &e);
	return r < 0 ? pack_failed(p, r, err) : put_header(p, &e, err);
}

static bool is_mount_root(int fd)
{
	struct statx sx;

	return statx(fd, "", AT_EMPTY_PATH, 0, &sx) == 0 &&
	       (sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	       (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static bool enters_mount(const struct tar_pack *p, int fd)
{
	if (p->depth == 0 || !is_mount_root(fd))
		return true;
	if (p->flags & TAR_PACK_NOT_MOUNTS)
		return false;
	return !p->enters || p->enters(fd);
}

static int pack_walk(struct tar_pack *p, int dir_fd, const char *name, bool deep, struct err *err);

static int pack_content(struct tar_pack *p, int fd, struct err *err)
{
	cleanup_strv char **names = NULL;
	size_t len = p->path.len;
	int r = p->depth == DEPTH_MAX ? -ELOOP : tar_list(fd, &names);

	if (r < 0)
		return leave_out(p, fd, r, err);
	for (char **n = names; r == 0 && n && *n; n++) {
		bool slash = len > 0 && p->path.data[len - 1] != '/';

		if (buf_adds(&p->path, slash ? "/" : "") < 0 || buf_adds(&p->path, *n) < 0)
			return pack_failed(p, -ENOMEM, err);
		p->depth++;
		r = pack_walk(p, fd, *n, true, err);
		p->depth--;
		p->path.len = len;
		p->path.data[len] = '\0';
	}
	return r;
}

static int pack_walk(struct tar_pack *p, int dir_fd, const char *name, bool deep, struct err *err)
{
	cleanup_close int fd = -1;
	struct stat sb;
	int r;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && p->depth > 0 ? 0 : pack_failed(p, -errno, err);
	if (!S_ISDIR(sb.st_mode))
		return pack_nonfolder(p, dir_fd, name, &sb, err);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &sb) < 0)
		return (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) && p->depth > 0
			       ? 0
			       : leave_out(p, dir_fd, -errno, err);
	r = pack_folder(p, fd, &sb, err);
	return r == 0 && deep && enters_mount(p, fd) ? pack_content(p, fd, err) : r;
}

static int set_path(struct tar_pack *p, const char *as, struct err *err)
{
	p->path.len = 0;
	return buf_adds(&p->path, as) < 0 ? pack_failed(p, -ENOMEM, err) : 0;
}

int tar_pack_tree(struct tar_pack *p, int dir_fd, const char *name, const char *as, struct err *err)
{
	int r = set_path(p, as, err);

	p->depth = 0;
	return r == 0 ? pack_walk(p, dir_fd, name, true, err) : r;
}

int tar_pack_one(struct tar_pack *p, int dir_fd, const char *name, const char *as, struct err *err)
{
	int r = set_path(p, as, err);

	p->depth = 1;
	return r == 0 ? pack_walk(p, dir_fd, name, false, err) : r;
}

int tar_pack_empty(struct tar_pack *p, const char *as, struct err *err)
{
	cleanup(tar_entry_reset) struct tar_entry e = { .type = TAR_FILE, .path = strdup(as) };
	int r = set_path(p, as, err);

	if (r < 0)
		return r;
	return e.path ? put_header(p, &e, err) : pack_failed(p, -ENOMEM, err);
}

int tar_pack_end(struct tar_pack *p, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = tar_put_end(&b);

	return r < 0 ? err_errno(err, r, "write the archive") : put_bytes(p, b.data, b.len, err);
}
