/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Two tmpfs, neither of which swaps, as the machine has no swap: one becomes
 * /run/secrets, and of the other, which has no place of its own, single files are mounted
 * elsewhere.  Where the container has mounts in /run/secrets (docker-compose puts files of the
 * host there), all are such files, as the folder would hide those.  They end with the container's
 * mount namespace.
 *
 * Whoever looks up the places is in the container's root and has no other.
 */
#include "guest/container/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"

#define PASSING_PLACE "/dev/shm"
#define READ_ONLY     (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static bool is_in_folder(const struct oci_secret *s)
{
	return str_starts(s->path, OCI_SECRETS_DIR "/") != NULL;
}

/* A tmpfs that is mounted nowhere. */
static int new_tmpfs(int *ret_fd)
{
	cleanup_close int fs_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int fd;

	if (fs_fd < 0 || fsconfig(fs_fd, FSCONFIG_SET_STRING, "mode", "755", 0) < 0 ||
	    fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC,
		     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int write_secret(int dir_fd, const char *name, const struct oci_secret *s)
{
	cleanup_close int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, s->data.data, s->data.len);

	if (r == 0 && (fchown(fd, s->uid, s->gid) < 0 || fchmod(fd, s->mode) < 0))
		r = -errno;
	return r;
}

/* Makes the folders that @path is in, below @dir_fd. */
static int make_parents(int dir_fd, const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(dir_fd, part, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int make_read_only(int fd)
{
	struct mount_attr attr = { .attr_set = READ_ONLY };

	return mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int mount_folder(const struct oci_secrets *s)
{
	cleanup_close int fd = -1;
	int r = path_mkdir_p(OCI_SECRETS_DIR, 0755);

	if (r == 0)
		r = new_tmpfs(&fd);
	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const char *name = s->items[i].path + strlen(OCI_SECRETS_DIR "/");

		if (!is_in_folder(&s->items[i]))
			continue;
		r = make_parents(fd, name);
		if (r == 0)
			r = write_secret(fd, name, &s->items[i]);
	}
	if (r == 0)
		r = make_read_only(fd);
	if (r == 0 && move_mount(fd, "", AT_FDCWD, OCI_SECRETS_DIR, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		r = -errno;
	return r;
}

/* Makes an empty file to mount upon, where there is none. */
static int make_place(const char *path)
{
	cleanup_free char *parent = strndup(path, (size_t)(strrchr(path, '/') - path));
	cleanup_close int fd = -1;
	int r = parent ? 0 : -ENOMEM;

	if (r == 0 && *parent)
		r = path_mkdir_p(parent, 0755);
	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	return fd < 0 && errno != EEXIST ? -errno : 0;
}

static int mount_file(int tmpfs_fd, const char *name, const struct oci_secret *s)
{
	cleanup_close int fd = -1;
	int r = write_secret(tmpfs_fd, name, s);

	if (r == 0)
		r = make_place(s->path);
	if (r < 0)
		return r;
	fd = open_tree(tmpfs_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	r = fd < 0 ? -errno : make_read_only(fd);
	if (r == 0 && move_mount(fd, "", AT_FDCWD, s->path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		r = -errno;
	return r;
}

/* @all: also files that would be in /run/secrets */
static int mount_files(int tmpfs_fd, const struct oci_secrets *s, bool all, struct err *err)
{
	char name[24];
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++) {
		if (!all && is_in_folder(&s->items[i]))
			continue;
		snprintf(name, sizeof(name), "%zu", i);
		r = mount_file(tmpfs_fd, name, &s->items[i]);
		if (r < 0)
			err_errno(err, r, "secret at %s", s->items[i].path);
	}
	return r;
}

/* Mounts single files of a tmpfs in other places.  Only what is mounted can be bound elsewhere: so
 * the tmpfs has a place until its files have theirs. */
static int mount_elsewhere(const struct oci_secrets *s, bool all, struct err *err)
{
	cleanup_close int fd = -1;
	int r = new_tmpfs(&fd);

	if (r == 0 && move_mount(fd, "", AT_FDCWD, PASSING_PLACE, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		r = -errno;
	if (r < 0)
		return err_errno(err, r, "mount a tmpfs for secrets");
	r = mount_files(fd, s, all, err);
	if (umount2(PASSING_PLACE, MNT_DETACH) < 0 && r == 0)
		r = err_errno(err, -errno, "unmount the tmpfs of secrets");
	return r;
}

/* Is the path in the folder, through whatever links?  /var/run is such a link, most of the time. */
static bool is_below(const char *path, const char *folder)
{
	cleanup_free char *real = realpath(path, NULL);
	const char *rest = real ? str_starts(real, folder) : NULL;

	return rest && *rest == '/';
}

static bool has_others_in_folder(const struct oci_mounts *mounts)
{
	cleanup_free char *folder = realpath(OCI_SECRETS_DIR, NULL);

	for (size_t i = 0; folder && i < mounts->n; i++)
		if (is_below(mounts->list[i].destination, folder))
			return true;
	return false;
}

int secrets_mount(const struct oci_secrets *s, const struct oci_mounts *others, struct err *err)
{
	bool all = has_others_in_folder(others);
	size_t in_folder = 0;
	int r = 0;

	for (size_t i = 0; i < s->n; i++)
		in_folder += !all && is_in_folder(&s->items[i]);
	if (in_folder < s->n)
		r = mount_elsewhere(s, all, err);
	if (r == 0 && in_folder > 0) {
		r = mount_folder(s);
		if (r < 0)
			err_errno(err, r, "mount " OCI_SECRETS_DIR);
	}
	return r;
}
