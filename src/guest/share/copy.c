/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each file is made under a name of moat's own and gets its owner, mode and
 * times before it gets its name.  A folder is made first, and gets its owner, mode and times when
 * all that is in it is there.  Links are never followed, but for those that lead to the folder as a
 * whole.
 *
 * The image is a stranger's: its names and links are data here, its depth has a bound.
 */
#include "guest/share/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"

#define TEMPORARY ".moat-copy"
#define DEPTH_MAX 256
#define XATTR_MAX 65536

/* A folder of the image, and its copy. */
struct pair {
	int from, to;
	unsigned depth;
	struct err *err;
};

static int copy_folder(const struct pair *p);

static int copy_xattrs(int from, int to)
{
	cleanup_free char *names = malloc(XATTR_MAX), *value = malloc(XATTR_MAX);
	ssize_t len, n;

	if (!names || !value)
		return -ENOMEM;
	len = flistxattr(from, names, XATTR_MAX);
	for (const char *name = names; len > 0 && name < names + len; name += strlen(name) + 1) {
		if (!str_starts(name, "user.") && !streq(name, "security.capability"))
			continue;
		n = fgetxattr(from, name, value, XATTR_MAX);
		if (n < 0 || (fsetxattr(to, name, value, (size_t)n, 0) < 0 && errno != EOPNOTSUPP))
			return -errno;
	}
	return 0;
}

/* Sets owner, then mode, as a change of owner takes set-user-id bits away. */
static int take_after(int fd, const struct stat *sb)
{
	const struct timespec times[] = { sb->st_atim, sb->st_mtim };

	if (fchown(fd, sb->st_uid, sb->st_gid) < 0 || fchmod(fd, sb->st_mode & 07777) < 0 ||
	    futimens(fd, times) < 0)
		return -errno;
	return 0;
}

static int fill_file(int from, const struct stat *sb, int to)
{
	int r = fd_copy(from, to, UINT64_MAX);

	if (r == 0)
		r = take_after(to, sb);
	return r == 0 ? copy_xattrs(from, to) : r; /* a change of owner clears capabilities */
}

static int copy_file(const struct pair *p, const char *name, const struct stat *sb)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	cleanup_close int from = openat(p->from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int to = from < 0 ? -1 : openat(p->to, TEMPORARY, flags, 0600);

	return to < 0 ? -errno : fill_file(from, sb, to);
}

/* Makes a file that has neither content nor entries. */
static int make_special(const struct pair *p, const char *name, const struct stat *sb)
{
	const struct timespec times[] = { sb->st_atim, sb->st_mtim };
	char target[PATH_MAX];
	ssize_t n;

	if (S_ISLNK(sb->st_mode)) {
		n = readlinkat(p->from, name, target, sizeof(target) - 1);
		if (n < 0)
			return -errno;
		target[n] = '\0';
		if (symlinkat(target, p->to, TEMPORARY) < 0)
			return -errno;
	} else if (mknodat(p->to, TEMPORARY, sb->st_mode & (S_IFMT | 07777), 0) < 0) {
		return -errno;
	}
	if (fchownat(p->to, TEMPORARY, sb->st_uid, sb->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    utimensat(p->to, TEMPORARY, times, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

/* Did a loss of power cut this file's content?  A file that somebody has changed since has another
 * time. */
static bool is_torn(const struct stat *there, const struct stat *wanted)
{
	return S_ISREG(there->st_mode) && S_ISREG(wanted->st_mode) &&
	       there->st_size != wanted->st_size &&
	       there->st_mtim.tv_sec == wanted->st_mtim.tv_sec &&
	       there->st_mtim.tv_nsec == wanted->st_mtim.tv_nsec;
}

static int copy_leaf(const struct pair *p, const char *name, const struct stat *sb)
{
	struct stat there;
	int r;

	if (fstatat(p->to, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && !is_torn(&there, sb))
		return 0;
	if (unlinkat(p->to, TEMPORARY, 0) < 0 && errno != ENOENT)
		return -errno;
	r = S_ISREG(sb->st_mode) ? copy_file(p, name, sb) : make_special(p, name, sb);
	if (r == 0 && renameat(p->to, TEMPORARY, p->to, name) < 0)
		r = -errno;
	return r;
}

/* Enters the folder's copy, making it.  What is no folder in the volume stays that. */
static int enter_folder(const struct pair *p, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	cleanup_close int from = openat(p->from, name, flags), to = -1;
	struct pair inner = { .from = from, .depth = p->depth + 1, .err = p->err };

	if (from < 0)
		return -errno;
	if (mkdirat(p->to, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	to = openat(p->to, name, flags);
	if (to < 0)
		return errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
	inner.to = to;
	return copy_folder(&inner);
}

static int copy_entry(int dir_fd, const char *name, void *arg)
{
	const struct pair *p = arg;
	struct stat sb;
	int r;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno(p->err, -errno, "%s", name);
	if (S_ISBLK(sb.st_mode) || S_ISCHR(sb.st_mode))
		return 0;
	r = S_ISDIR(sb.st_mode) ? enter_folder(p, name) : copy_leaf(p, name, &sb);
	if (r < 0 && p->err && !*p->err->msg)
		err_errno(p->err, r, "%s", name);
	else if (r < 0 && p->err)
		err_wrap(p->err, "%s", name);
	return r;
}

static int copy_folder(const struct pair *p)
{
	struct stat sb;
	int r;

	if (p->depth > DEPTH_MAX)
		return err_set(p->err, -ELOOP, "folders are more than %d deep", DEPTH_MAX);
	r = path_each(p->from, copy_entry, (void *)(uintptr_t)p);
	if (r < 0)
		return r;
	if (fstat(p->from, &sb) < 0)
		return -errno;
	r = take_after(p->to, &sb);
	return r == 0 ? copy_xattrs(p->from, p->to) : r;
}

/* Where moatd does not run as root, files of a share can only be its user's. */
static int copy_failed(const char *from, int r, const char *why, struct err *err)
{
	return err_set(err, r, "copy the image's %s into the volume: %s%s", from, why,
		       r == -EPERM ? ": its owners cannot be kept; without root on the host, 'moat "
				     "system info' says what that takes, and the mount option "
				     "volume-nocopy leaves the content out"
				   : "");
}

int copy_content(const char *from, int to_fd, struct err *err)
{
	cleanup_close int dir = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int to = openat(to_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err why = { 0 };
	const struct pair p = { .from = dir, .to = to, .err = &why };
	int r;

	if (dir < 0 || to < 0)
		return 0;
	/* Another process may copy there at the same time, as one that works on the container's
	 * files. */
	if (flock(to, LOCK_EX) < 0)
		return err_errno(err, -errno, "lock the volume");
	r = copy_folder(&p);
	return r < 0 ? copy_failed(from, r, *why.msg ? why.msg : strerror(-r), err) : 0;
}
