/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A member's name is split into its parts first; ".." is refused, so a path
 * can leave the folder only through a symbolic link.  Where links may not lead out, openat2(2)
 * prevents that in the kernel, also while files are moved; where they may, as in a container's own
 * root, there is nothing outside.  Links of /proc are followed nowhere.
 *
 * Names are hostile.
 */
#include "tar/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

static int name_outside(const char *name, struct err *err)
{
	return err_set(err, -EBADMSG, "the archive has a member that does not belong there: %.200s",
		       name);
}

/* Appends @name without "." and empty parts.  Return: 0; -EBADMSG for ".."; -ENOMEM. */
static int clean_name(const char *name, struct buf *ret)
{
	int r = buf_adds(ret, "");

	while (r == 0 && *name) {
		size_t len = strcspn(name, "/");

		if (len == 2 && memcmp(name, "..", 2) == 0)
			return -EBADMSG;
		if (len > 0 && !(len == 1 && *name == '.')) {
			r = buf_adds(ret, ret->len > 0 ? "/" : "");
			if (r == 0)
				r = buf_add(ret, name, len);
		}
		name += len;
		name += strspn(name, "/");
	}
	return r;
}

int tar_member_path(const struct tar_unpack *u, const char *name, char **ret, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT, from = BUF_INIT;
	const char *rest = NULL;
	int r = clean_name(name, &b);

	if (r == 0 && u->from)
		r = clean_name(u->from, &from);
	if (r < 0)
		return r == -EBADMSG ? name_outside(name, err) : err_errno(err, r, "unpack");
	if (u->from) {
		rest = from.len == 0 ? b.data : str_starts(b.data, from.data);
		if (!rest || (from.len > 0 && *rest != '\0' && *rest != '/'))
			return name_outside(name, err);
		while (*rest == '/')
			rest++;
		*ret = str_printf("%s%s%s", u->to, *u->to && *rest ? "/" : "", rest);
	} else {
		*ret = buf_take(&b);
	}
	return *ret ? 0 : err_errno(err, -ENOMEM, "unpack");
}

static int open_at(const struct tar_unpack *u, int dir_fd, const char *path, bool beneath)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	if (beneath && u->flags & TAR_UNPACK_STAY_BENEATH)
		how.resolve |= RESOLVE_BENEATH;
	do
		fd = syscall(SYS_openat2, dir_fd, *path ? path : ".", &how, sizeof(how));
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd < 0 ? -errno : (int)fd;
}

/* Opens a folder of the archive by its path.  Return: a descriptor, owned; -errno. */
static int tar_open_folder(const struct tar_unpack *u, const char *path)
{
	return open_at(u, u->dir_fd, path, true);
}

/* Makes the folders of a path one after the other; those that are there are entered. */
static int make_folders(const struct tar_unpack *u, const char *path)
{
	cleanup_free char *part = strdup(path);
	int r = part ? 0 : -ENOMEM;

	for (char *end = part; r == 0 && end;) {
		cleanup_close int fd = -1;
		char *name;

		end = strchr(end, '/');
		if (end)
			*end = '\0';
		fd = tar_open_folder(u, part);
		if (fd == -ENOENT) {
			cleanup_close int parent = -1;

			name = strrchr(part, '/');
			if (name)
				*name = '\0';
			parent = tar_open_folder(u, name ? part : "");
			if (name)
				*name = '/';
			if (parent < 0)
				r = parent;
			else if (mkdirat(parent, name ? name + 1 : part, 0755) < 0 &&
				 errno != EEXIST)
				r = -errno;
			else if (u->has_owner && fchownat(parent, name ? name + 1 : part, u->uid,
							  u->gid, AT_SYMLINK_NOFOLLOW) < 0)
				r = -errno;
		} else if (fd < 0) {
			r = fd;
		}
		if (end)
			*end++ = '/';
	}
	return r;
}

int tar_open_parent(const struct tar_unpack *u, const char *path, const char **ret_name,
		    struct err *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent = slash ? strndup(path, (size_t)(slash - path)) : strdup("");
	int fd;

	if (!parent)
		return err_errno(err, -ENOMEM, "%s", path);
	fd = tar_open_folder(u, parent);
	if (fd == -ENOENT) {
		int r = make_folders(u, parent);

		fd = r < 0 ? r : tar_open_folder(u, parent);
	}
	if (fd == -EXDEV)
		return err_set(err, fd, "%s: a symbolic link leads out of the destination", path);
	if (fd < 0)
		return err_errno(err, fd, "%s", path);
	*ret_name = slash ? slash + 1 : path;
	return fd;
}
