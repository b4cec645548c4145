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

/* A member, and the place it goes to. */
struct member {
	const struct tar_entry *e;
	const char *path;
	int dir_fd;	  /* of the folder it belongs to */
	const char *name; /* in there */
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

static int set_owner(const struct unpack *p, const struct tar_entry *e, int fd)
{
	uint32_t uid = e->uid, gid = e->gid;

	if (p->u->has_owner) {
		uid = p->u->uid;
		gid = p->u->gid;
	} else if (!(p->u->flags & TAR_UNPACK_OWNERS)) {
		return 0;
	}
	return fchownat(fd, "", uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0 ? -errno : 0;
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
		r = set_owner(p, e, fd);
	if (r == 0 && fchmod(fd, mode_of(p, e)) < 0)
		r = -errno;
	if (r == 0)
		r = set_xattrs(p, e, fd);
	return r == 0 && futimens(fd, times) < 0 ? -errno : r;
}

static int make_file(struct unpack *p, const struct member *m, struct err *err)
{
	cleanup_close int fd = openat(m->dir_fd, m->name,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool mounted = fd < 0 && errno == EEXIST;
	int r;

	if (mounted)
		fd = open_mounted(m->dir_fd, m->name);
	if (fd < 0)
		return unpack_failed(m->path, mounted ? fd : -errno, err);
	if (m->e->size_bytes > INT64_MAX)
		return unpack_failed(m->path, -EFBIG, err);
	r = fill_file(p, m->path, fd, err);
	if (r == 0 && (r = finish_file(p, m->e, fd, mounted)) < 0)
		unpack_failed(m->path, r, err);
	/* Half a file is worse than none. */
	if (r < 0 && !mounted)
		(void)unlinkat(m->dir_fd, m->name, 0);
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

static int make_folder(struct unpack *p, const struct member *m, struct err *err)
{
	cleanup_close int fd = -1;
	int r;

	if (mkdirat(m->dir_fd, m->name, 0700) < 0 && errno != EEXIST)
		return unpack_failed(m->path, -errno, err);
	fd = openat(m->dir_fd, m->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return unpack_failed(m->path, -errno, err);
	r = set_owner(p, m->e, fd);
	if (r == 0)
		r = set_xattrs(p, m->e, fd);
	return r < 0 ? unpack_failed(m->path, r, err) : note_folder(p, m->e, m->path, err);
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

static int make_hardlink(struct unpack *p, const struct member *m, struct err *err)
{
	cleanup_free char *target = NULL;
	cleanup_close int target_fd = -1;
	const char *target_name;
	int r = tar_member_path(p->u, m->e->link, &target, err);

	if (r < 0)
		return r;
	target_fd = tar_open_parent(p->u, target, &target_name, err);
	if (target_fd < 0)
		return target_fd;
	if (linkat(target_fd, target_name, m->dir_fd, m->name, 0) < 0)
		return err_errno(err, -errno, "%s: link to %s", m->path, target);
	return 0;
}

/* Finishes a file that was made without being opened.  Its name may be another file's by now, which
 * is left alone. */
static int finish_made(const struct unpack *p, const struct member *m, mode_t type)
{
	cleanup_close int fd = openat(m->dir_fd, m->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, time_of(m->e) };
	struct stat sb;
	int r;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return -errno;
	if ((sb.st_mode & S_IFMT) != type || sb.st_nlink > 1)
		return -EBUSY;
	r = set_owner(p, m->e, fd);
	if (r == 0 && utimensat(m->dir_fd, m->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	return r;
}

static int make_node(struct unpack *p, const struct member *m, struct err *err)
{
	mode_t type = m->e->type == TAR_FIFO ? S_IFIFO : m->e->type == TAR_CHAR ? S_IFCHR : S_IFBLK;
	mode_t mask;
	int r = 0;

	if (type != S_IFIFO && !(p->u->flags & TAR_UNPACK_DEVICES)) {
		if (p->u->warn)
			p->u->warn(m->path, "a device node");
		return 0;
	}
	/* The node is made with its mode, as setting it by name later could hit another file, if
	 * somebody has put a link in the node's place. */
	mask = umask(0);
	if (mknodat(m->dir_fd, m->name, type | (mode_of(p, m->e) & 0777),
		    makedev(m->e->major, m->e->minor)) < 0)
		r = -errno;
	umask(mask);
	if (r < 0)
		return unpack_failed(m->path, r, err);
	r = finish_made(p, m, type);
	return r < 0 ? unpack_failed(m->path, r, err) : 0;
}

static int make_symlink(struct unpack *p, const struct member *m, struct err *err)
{
	int r = symlinkat(m->e->link, m->dir_fd, m->name) < 0 ? -errno : 0;

	if (r == 0)
		r = finish_made(p, m, S_IFLNK);
	return r < 0 ? unpack_failed(m->path, r, err) : 0;
}

/* Removes what stands in a member's way.  Return: 0; -EEXIST; -errno; with a message. */
static int make_way(const struct unpack *p, const struct member *m, struct err *err)
{
	struct stat sb;
	bool folder = m->e->type == TAR_FOLDER;
	int r = 0;

	if (fstatat(m->dir_fd, m->name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : unpack_failed(m->path, -errno, err);
	if (S_ISDIR(sb.st_mode) && folder)
		return 0;
	if (p->u->flags & TAR_UNPACK_KEEP_FOLDERS && S_ISDIR(sb.st_mode) != folder)
		return err_set(err, -EEXIST,
			       folder ? "cannot overwrite non-directory \"%s\" with directory"
				      : "cannot overwrite directory \"%s\" with non-directory",
			       m->path);
	if (S_ISDIR(sb.st_mode))
		r = path_remove_tree(m->dir_fd, m->name);
	else if (unlinkat(m->dir_fd, m->name, 0) < 0 && errno != ENOENT)
		r = errno == EBUSY && m->e->type == TAR_FILE ? 0 : -errno;
	return r < 0 ? unpack_failed(m->path, r, err) : 0;
}

static int place_entry(struct unpack *p, const struct tar_entry *e, const char *path,
		       struct err *err)
{
	struct member m = { .e = e, .path = path };
	cleanup_close int dir_fd = m.dir_fd = tar_open_parent(p->u, path, &m.name, err);
	int r = dir_fd < 0 ? dir_fd : make_way(p, &m, err);

	if (r < 0)
		return r;
	switch (e->type) {
	case TAR_FILE:
		return make_file(p, &m, err);
	case TAR_FOLDER:
		return make_folder(p, &m, err);
	case TAR_HARDLINK:
		return make_hardlink(p, &m, err);
	case TAR_SYMLINK:
		return make_symlink(p, &m, err);
	default:
		return make_node(p, &m, err);
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
