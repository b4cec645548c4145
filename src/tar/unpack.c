/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each member is made anew in the folder it belongs to, by the descriptor of
 * that folder and its last name only, and never through something that is there already.  A
 * folder's time and permissions are set when everything is in it: later files would change the
 * time, and permissions could keep later files out.
 *
 * The archive is hostile, and so may be what happens in the destination meanwhile.
 */
#include "tar/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/str.h"
#include "tar/holes.h"
#include "tar/place.h"

#define CHUNK_BYTES 65536u

#define FOLDERS_MAX_BYTES                                                                          \
	MIB(128) /* bytes that are remembered, also where one folder is named over and over */

/* A folder to be finished. */
struct folder {
	char *path;
	uint32_t mode;
	struct timespec mtime;
};

struct unpack {
	const struct tar_unpack *u;
	struct tar_reader *reader;
	struct folder *folders;
	size_t n_folders;
	size_t folders_bytes;
	char *chunk;
};

static void unpack_reset(struct unpack *p)
{
	for (size_t i = 0; i < p->n_folders; i++)
		free(p->folders[i].path);
	free(p->folders);
	free(p->chunk);
}

static int unpack_failed(const char *path, int code, struct err *err)
{
	return err_errno(err, code, "%s", path);
}

static uint32_t mode_of(const struct unpack *p, const struct tar_entry *e)
{
	return e->mode & (p->u->flags & TAR_UNPACK_PRIVILEGES ? 07777u : 01777u);
}

static struct timespec time_of(const struct tar_entry *e)
{
	return (struct timespec){ .tv_sec = e->mtime_sec, .tv_nsec = e->mtime_nsec };
}

/* Sets the owner of the inode that a name stands for; "": of the descriptor itself. */
static int set_owner(const struct unpack *p, const struct tar_entry *e, int dir_fd,
		     const char *name)
{
	uint32_t uid = e->uid, gid = e->gid;

	if (p->u->has_owner) {
		uid = p->u->uid;
		gid = p->u->gid;
	} else if (!(p->u->flags & TAR_UNPACK_OWNERS)) {
		return 0;
	}
	return fchownat(dir_fd, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0 ? -errno
											 : 0;
}

static int set_time(const struct tar_entry *e, int dir_fd, const char *name)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, time_of(e) };

	return utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* An attribute that the file system cannot hold is left out, as docker does it. */
static int set_xattrs(const struct unpack *p, const struct tar_entry *e, int fd)
{
	if (!(p->u->flags & TAR_UNPACK_PRIVILEGES))
		return 0;
	for (size_t i = 0; i < e->n_xattrs; i++) {
		const struct tar_xattr *x = &e->xattrs[i];

		if (str_starts(x->name, "trusted.") || str_starts(x->name, "security.selinux"))
			continue;
		if (fsetxattr(fd, x->name, x->value, x->len, 0) < 0 && errno != ENOTSUP &&
		    errno != EPERM)
			return -errno;
	}
	return 0;
}

static int fill_file(struct unpack *p, const char *path, int fd, struct err *err)
{
	for (;;) {
		uint64_t offset = 0;
		ssize_t n = tar_read(p->reader, p->chunk, CHUNK_BYTES, &offset, err);
		int r;

		if (n <= 0)
			return (int)n;
		if (offset > INT64_MAX - CHUNK_BYTES)
			return unpack_failed(path, -EFBIG, err);
		r = tar_write_holes(fd, p->chunk, (size_t)n, offset);
		if (r < 0)
			return unpack_failed(path, r, err);
	}
}

static bool is_mount_point(int fd)
{
	struct statx sx;

	return statx(fd, "", AT_EMPTY_PATH, 0, &sx) == 0 &&
	       (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/*
 * Opens a mount point, which cannot be removed, to overwrite its file.  Any other file was put
 * there after the name was cleared, and may be another name of anything, so it is not opened.
 */
static int open_mounted(int dir_fd, const char *name)
{
	cleanup_close int fd =
		openat(dir_fd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return -errno;
	if (!S_ISREG(sb.st_mode) || !is_mount_point(fd) || ftruncate(fd, 0) < 0)
		return -EBUSY;
	return take_fd(&fd);
}

/* Sets everything about a file but its content: length, owner, permissions, attributes, time. */
static int finish_file(const struct unpack *p, const struct tar_entry *e, int fd, bool mounted)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, time_of(e) };
	int r = ftruncate(fd, (off_t)e->size_bytes) < 0 ? -errno : 0;

	if (r == 0 && !mounted)
		r = set_owner(p, e, fd, "");
	if (r == 0 && fchmod(fd, mode_of(p, e)) < 0)
		r = -errno;
	if (r == 0)
		r = set_xattrs(p, e, fd);
	return r == 0 && futimens(fd, times) < 0 ? -errno : r;
}

static int make_file(struct unpack *p, const struct tar_entry *e, const char *path, int dir_fd,
		     const char *name, struct err *err)
{
	cleanup_close int fd =
		openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool mounted = fd < 0 && errno == EEXIST;
	int r;

	if (mounted)
		fd = open_mounted(dir_fd, name);
	if (fd < 0)
		return unpack_failed(path, mounted ? fd : -errno, err);
	if (e->size_bytes > INT64_MAX)
		return unpack_failed(path, -EFBIG, err);
	r = fill_file(p, path, fd, err);
	if (r == 0 && (r = finish_file(p, e, fd, mounted)) < 0)
		unpack_failed(path, r, err);
	/* Half a file is worse than none. */
	if (r < 0 && !mounted)
		(void)unlinkat(dir_fd, name, 0);
	return r;
}

static int note_folder(struct unpack *p, const struct tar_entry *e, const char *path,
		       struct err *err)
{
	struct folder *more = p->folders;

	p->folders_bytes += sizeof(*more) + strlen(path) + 1;
	if (p->folders_bytes > FOLDERS_MAX_BYTES)
		return err_set(err, -EFBIG, "%.200s: the archive has too many folders", path);
	if ((p->n_folders & (p->n_folders - 1)) == 0)
		more = reallocarray(more, p->n_folders > 0 ? 2 * p->n_folders : 1, sizeof(*more));
	if (!more)
		return unpack_failed(path, -ENOMEM, err);
	p->folders = more;
	more[p->n_folders] = (struct folder){ strdup(path), mode_of(p, e), time_of(e) };
	return more[p->n_folders++].path ? 0 : unpack_failed(path, -ENOMEM, err);
}

static int make_folder(struct unpack *p, const struct tar_entry *e, const char *path, int dir_fd,
		       const char *name, struct err *err)
{
	cleanup_close int fd = -1;
	int r;

	if (mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
		return unpack_failed(path, -errno, err);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return unpack_failed(path, -errno, err);
	r = set_owner(p, e, fd, "");
	if (r == 0)
		r = set_xattrs(p, e, fd);
	return r < 0 ? unpack_failed(path, r, err) : note_folder(p, e, path, err);
}

static int finish_folder(const struct unpack *p, const struct folder *f, struct err *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, f->mtime };
	const char *name;
	cleanup_close int parent = tar_open_parent(p->u, f->path, &name, NULL);
	cleanup_close int fd = -1;

	if (parent >= 0)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0; /* a later member has taken its place */
	if (fchmod(fd, f->mode) < 0 || futimens(fd, times) < 0)
		return unpack_failed(f->path, -errno, err);
	return 0;
}

static int make_hardlink(struct unpack *p, const struct tar_entry *e, const char *path, int dir_fd,
			 const char *name, struct err *err)
{
	cleanup_free char *target = NULL;
	cleanup_close int target_fd = -1;
	const char *target_name;
	int r = tar_member_path(p->u, e->link, &target, err);

	if (r < 0)
		return r;
	target_fd = tar_open_parent(p->u, target, &target_name, err);
	if (target_fd < 0)
		return target_fd;
	if (linkat(target_fd, target_name, dir_fd, name, 0) < 0)
		return err_errno(err, -errno, "%s: link to %s", path, target);
	return 0;
}

/* Finishes a file that was made without being opened.  Its name may be another file's by now, which
 * is left alone. */
static int finish_made(const struct unpack *p, const struct tar_entry *e, int dir_fd,
		       const char *name, mode_t type)
{
	cleanup_close int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat sb;
	int r;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return -errno;
	if ((sb.st_mode & S_IFMT) != type || sb.st_nlink > 1)
		return -EBUSY;
	r = set_owner(p, e, fd, "");
	return r == 0 ? set_time(e, dir_fd, name) : r;
}

static int make_node(struct unpack *p, const struct tar_entry *e, const char *path, int dir_fd,
		     const char *name, struct err *err)
{
	mode_t type = e->type == TAR_FIFO ? S_IFIFO : e->type == TAR_CHAR ? S_IFCHR : S_IFBLK;
	mode_t mask;
	int r = 0;

	if (type != S_IFIFO && !(p->u->flags & TAR_UNPACK_DEVICES)) {
		if (p->u->warn)
			p->u->warn(path, "a device node");
		return 0;
	}
	/* The node is made with its mode, as setting it by name later could hit another file, if
	 * somebody has put a link in the node's place. */
	mask = umask(0);
	if (mknodat(dir_fd, name, type | (mode_of(p, e) & 0777), makedev(e->major, e->minor)) < 0)
		r = -errno;
	umask(mask);
	if (r < 0)
		return unpack_failed(path, r, err);
	r = finish_made(p, e, dir_fd, name, type);
	return r < 0 ? unpack_failed(path, r, err) : 0;
}

static int make_symlink(struct unpack *p, const struct tar_entry *e, const char *path, int dir_fd,
			const char *name, struct err *err)
{
	int r = symlinkat(e->link, dir_fd, name) < 0 ? -errno : 0;

	if (r == 0)
		r = finish_made(p, e, dir_fd, name, S_IFLNK);
	return r < 0 ? unpack_failed(path, r, err) : 0;
}

/* Removes what stands in a member's way.  Return: 0; -EEXIST; -errno; with a message. */
static int make_way(const struct unpack *p, const struct tar_entry *e, const char *path, int dir_fd,
		    const char *name, struct err *err)
{
	struct stat sb;
	bool folder = e->type == TAR_FOLDER;
	int r = 0;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : unpack_failed(path, -errno, err);
	if (S_ISDIR(sb.st_mode) && folder)
		return 0;
	if (p->u->flags & TAR_UNPACK_KEEP_FOLDERS && S_ISDIR(sb.st_mode) != folder)
		return err_set(err, -EEXIST,
			       folder ? "cannot overwrite non-directory \"%s\" with directory"
				      : "cannot overwrite directory \"%s\" with non-directory",
			       path);
	if (S_ISDIR(sb.st_mode))
		r = path_remove_tree(dir_fd, name);
	else if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		r = errno == EBUSY && e->type == TAR_FILE ? 0 : -errno;
	return r < 0 ? unpack_failed(path, r, err) : 0;
}

static int place_entry(struct unpack *p, const struct tar_entry *e, const char *path,
		       struct err *err)
{
	const char *name;
	cleanup_close int dir_fd = tar_open_parent(p->u, path, &name, err);
	int r = dir_fd < 0 ? dir_fd : make_way(p, e, path, dir_fd, name, err);

	if (r < 0)
		return r;
	switch (e->type) {
	case TAR_FILE:
		return make_file(p, e, path, dir_fd, name, err);
	case TAR_FOLDER:
		return make_folder(p, e, path, dir_fd, name, err);
	case TAR_HARDLINK:
		return make_hardlink(p, e, path, dir_fd, name, err);
	case TAR_SYMLINK:
		return make_symlink(p, e, path, dir_fd, name, err);
	default:
		return make_node(p, e, path, dir_fd, name, err);
	}
}

/* A member that stands for the destination folder itself changes nothing: that folder is the
 * caller's. */
static int unpack_member(struct unpack *p, const struct tar_entry *e, struct err *err)
{
	cleanup_free char *path = NULL;
	int r = tar_member_path(p->u, e->path, &path, err);

	if (r < 0 || (!*path && e->type == TAR_FOLDER))
		return r;
	if (!*path)
		return err_set(err, -EBADMSG, "the archive has a member without a name");
	return place_entry(p, e, path, err);
}

int tar_unpack(struct tar_reader *reader, const struct tar_unpack *u, struct err *err)
{
	cleanup(unpack_reset) struct unpack p = { .u = u, .reader = reader };
	const struct tar_entry *e;
	int r;

	p.chunk = malloc(CHUNK_BYTES);
	if (!p.chunk)
		return err_errno(err, -ENOMEM, "unpack");
	while ((r = tar_next(reader, &e, err)) > 0) {
		r = unpack_member(&p, e, err);
		if (r < 0)
			return r;
	}
	/* Backwards, so that a folder is finished after the folders inside it. */
	for (size_t i = p.n_folders; r == 0 && i > 0; i--)
		r = finish_folder(&p, &p.folders[i - 1], err);
	return r;
}
