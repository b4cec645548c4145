/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The new root is a small tmpfs, mounted over the old root: paths still begin
 * at the old one underneath, so sources are found by their ordinary names while everything is put
 * together below the descriptor of the new one.  Folders and files are cloned mounts made
 * read-only; a symbolic link among them (/lib on a merged /usr) is made again.  Devices are nodes
 * of our own where we may make some, so that the jail's user can own them, else clones too.  At the
 * end the old root is detached and the new one made read-only.
 *
 * There is no /proc in a jail that does not ask for it.  Where a program opens a descriptor's file
 * by name, that file is cloned to /dev/fd/N, the same name as outside of a jail; for memory it is
 * the descriptor's link in /proc.
 *
 * The names come from the engine's tables, none from a user or a guest.
 */
#include "jail/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

static const char *relative_path(const char *path)
{
	while (*path == '/')
		path++;
	return path;
}

/* Makes the folders above @path. */
static int make_parents(int root, const char *path)
{
	char part[PATH_MAX];
	const char *slash = path;

	while ((slash = strchr(slash, '/')) != NULL) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(root, part, 0755) < 0 && errno != EEXIST)
			return -errno;
		slash++;
	}
	return 0;
}

static int make_file(int root, const char *path)
{
	cleanup_close int fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : 0;
}

/* Attaches a clone of @source, a file or folder with all mounts below it, as @path. */
static int clone_mount(int root, const char *source, const char *path, uint64_t attributes)
{
	cleanup_close int tree =
		open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	struct mount_attr attr = { .attr_set = attributes };
	struct stat st;
	int r;

	if (tree < 0 || fstat(tree, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		r = mkdirat(root, path, 0755) < 0 ? -errno : 0;
	else
		r = make_file(root, path);
	if (r < 0)
		return r;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0 ||
	    move_mount(tree, "", root, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

static int expose_path(int root, const char *source)
{
	const char *path = relative_path(source);
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;
	int r;

	if (lstat(source, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	r = make_parents(root, path);
	if (r < 0)
		return r;
	if (!S_ISLNK(st.st_mode))
		return clone_mount(root, source, path,
				   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	n = readlink(source, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, root, path) < 0 ? -errno : 0;
}

static int add_device(int root, const char *source, uid_t owner)
{
	const char *path = relative_path(source);
	struct stat st;
	int r = make_parents(root, path);

	if (r < 0)
		return r;
	if (stat(source, &st) < 0)
		return -errno;
	if (mknodat(root, path, S_IFCHR | 0600, st.st_rdev) == 0 &&
	    fchownat(root, path, owner, (gid_t)-1, 0) == 0)
		return 0;
	unlinkat(root, path, 0);
	return clone_mount(root, source, path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

/* Mounts a new file system of this type below @path. */
static int add_file_system(int root, const char *type, const char *path,
			   const char *const options[][2])
{
	cleanup_close int fs = fsopen(type, FSOPEN_CLOEXEC), mount = -1;
	int r = make_parents(root, path);

	if (r < 0)
		return r;
	if (fs < 0)
		return -errno;
	for (size_t i = 0; options[i][0]; i++)
		if (fsconfig(fs, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0) < 0)
			return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = fsmount(fs, FSMOUNT_CLOEXEC,
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (mount < 0 || (mkdirat(root, path, 0755) < 0 && errno != EEXIST) ||
	    move_mount(mount, "", root, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

static int add_folder(int root, const char *path, uid_t owner)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", owner);
	return add_file_system(
		root, "tmpfs", relative_path(path),
		(const char *const[][2]){
			{ "mode", "0700" }, { "uid", text }, { "size", "16m" }, { NULL } });
}

/* Mounts /proc.  A container manager may have put mounts over parts of the host's: then no other
 * can be mounted, and the host's is taken. */
static int add_proc(int root)
{
	int r = add_file_system(root, "proc", "proc", (const char *const[][2]){ { NULL } });

	return r == -EPERM ? clone_mount(root, "/proc", "proc",
					 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
			   : r;
}

int root_find_names(const struct jail *j, char ***ret, struct err *err)
{
	cleanup_strv char **names = NULL;

	for (size_t i = 0; i < j->n_fds; i++) {
		char link[64], path[PATH_MAX];
		ssize_t n;

		if (!j->fds[i].reopen)
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%zu", JAIL_FD_FIRST + i);
		n = readlink(link, path, sizeof(path) - 1);
		if (n < 0)
			return err_errno(err, -errno, "name of the %s", j->fds[i].name);
		path[n] = '\0';
		if (strv_add(&names, path) < 0)
			return err_errno(err, -ENOMEM, "name of the %s", j->fds[i].name);
	}
	*ret = take_ptr(names);
	return 0;
}

/*
 * A file is cloned by its name and not by its descriptor: a descriptor that was opened earlier
 * belongs to another mount namespace, and mounts can be cloned out of our own alone.  So the
 * name must still lead to the same file.
 */
static int add_named_file(int root, int fd, const char *source, bool executed, struct err *err)
{
	struct stat want, got;
	char name[64];
	int r;

	snprintf(name, sizeof(name), "dev/fd/%d", fd);
	r = make_parents(root, name);
	if (r == 0)
		r = clone_mount(root, source, name,
				MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					(executed ? 0 : MOUNT_ATTR_NOEXEC));
	if (r < 0)
		return err_errno(err, r, "%s", source);
	if (fstat(fd, &want) < 0 || fstatat(root, name, &got, 0) < 0)
		return err_errno(err, -errno, "%s", source);
	if (got.st_dev != want.st_dev || got.st_ino != want.st_ino)
		return err_set(err, -ESTALE, "%s: was replaced while it was in use", source);
	return 0;
}

/*
 * Memory has no name that could be cloned, but its link in /proc can be, which leads to this one
 * descriptor of this one process and to nothing else.
 */
static int add_memory(int root, int fd, const char *what, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					       MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };
	cleanup_close int tree = -1;
	char link[64], name[64];
	int r;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	snprintf(name, sizeof(name), "dev/fd/%d", fd);
	r = make_parents(root, name);
	if (r == 0)
		r = make_file(root, name);
	if (r == 0) {
		tree = open_tree(AT_FDCWD, link,
				 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
		if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
		    move_mount(tree, "", root, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
			r = -errno;
	}
	return r < 0 ? err_errno(err, r, "%s", what) : 0;
}

static int add_file(int root, const struct jail_fd *file, int fd, char *const **names,
		    struct err *err)
{
	if (file->memory)
		return add_memory(root, fd, file->name, err);
	return file->reopen ? add_named_file(root, fd, *(*names)++, file->library, err) : 0;
}

static int populate_root(int root, const struct jail *j, char *const *names, uid_t owner,
			 struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && j->expose[i]; i++) {
		r = expose_path(root, j->expose[i]);
		if (r < 0)
			return err_errno(err, r, "%s", j->expose[i]);
	}
	for (size_t i = 0; r == 0 && j->devices[i]; i++) {
		r = add_device(root, j->devices[i], owner);
		if (r < 0)
			return err_errno(err, r, "%s", j->devices[i]);
	}
	for (size_t i = 0; r == 0 && j->folders && j->folders[i]; i++) {
		r = add_folder(root, j->folders[i], owner);
		if (r < 0)
			return err_errno(err, r, "%s", j->folders[i]);
	}
	if (j->sees_proc && (r = add_proc(root)) < 0)
		return err_errno(err, r, "/proc");
	for (size_t i = 0; r == 0 && i < j->n_fds; i++)
		r = add_file(root, &j->fds[i], JAIL_FD_FIRST + (int)i, &names, err);
	return r;
}

/* Makes a detached tmpfs, and mounts it on top of the root folder. */
static int mount_root(int *ret_root)
{
	cleanup_close int fs = -1, root = -1;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "size", "64k", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (root < 0 || move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	*ret_root = take_fd(&root);
	return 0;
}

/*
 * An initramfs cannot be pivoted away (EINVAL).  There a chroot() does: leaving one takes a
 * capability or a folder's descriptor, and the jail holds neither.
 */
static int switch_root(int root)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					       MOUNT_ATTR_NOEXEC };

	if (fchdir(root) < 0)
		return -errno;
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		if (umount2(".", MNT_DETACH) < 0)
			return -errno;
	} else if (errno != EINVAL || chroot(".") < 0) {
		return -errno;
	}
	if (chdir("/") < 0 || mount_setattr(root, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return -errno;
	return 0;
}

int root_enter(const struct jail *j, char *const *names, uid_t owner, bool *ret_done,
	       struct err *err)
{
	cleanup_close int root = -1;
	int r = mount_root(&root);

	if (r == -EPERM || r == -EACCES || r == -ENOSYS) {
		*ret_done = false;
		return 0;
	}
	if (r < 0)
		return err_errno(err, r, "mount of the jail's root");
	r = populate_root(root, j, names, owner, err);
	if (r < 0)
		return err_wrap(err, "root of the jail");
	r = switch_root(root);
	if (r < 0)
		return err_errno(err, r, "change to the jail's root");
	*ret_done = true;
	return 0;
}
