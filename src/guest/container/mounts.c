/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Everything that is the same for every container is mounted before there is
 * one: as mounts that are attached nowhere and known by descriptor only.  The container's first
 * process changes its root first, and then attaches them by plain paths: whatever symbolic links
 * the image has, they end inside the container, because nothing else is left.  Only /proc
 * is made by that process itself: it shows the pid namespace of whoever makes it.
 *
 * The image's folders are under the control of whoever made the image.
 */
#include "guest/container/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "guest/container/names.h"
#include "guest/container/options.h"
#include "guest/container/rootfs.h"
#include "guest/container/secrets.h"
#include "guest/container/sockets.h"

#define NO_SUID	  MOUNT_ATTR_NOSUID
#define DATA_ONLY (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static const struct {
	const char *path;
	const char *type;
	const char *options; /* "key=value,…" */
	unsigned attributes;
} table[] = {
	{ "/proc", "proc", "", DATA_ONLY },
	{ "/dev", "tmpfs", "mode=755,size=65536k", NO_SUID },
	{ "/dev/pts", "devpts", "mode=620,gid=5,ptmxmode=666", NO_SUID | MOUNT_ATTR_NOEXEC },
	{ "/dev/shm", "tmpfs", "mode=1777,size=65536k", DATA_ONLY },
	{ "/dev/mqueue", "mqueue", "", DATA_ONLY },
	{ "/sys", "sysfs", "", DATA_ONLY | MOUNT_ATTR_RDONLY },
	{ "/sys/fs/cgroup", "cgroup2", "", DATA_ONLY | MOUNT_ATTR_RDONLY },
};

enum { PROC, DEV, PTS, SHM, MQUEUE, SYS }; /* indexes of the table */

_Static_assert(ARRAY_SIZE(table) <= MOUNTS_MAX, "struct mounts has room for the table");

static const struct {
	const char *path;
	const char *source; /* name in the container's folder */
	bool only_if_missing;
} files[] = {
	{ "/etc/hostname", HOSTNAME_FILE, false },
	{ "/etc/hosts", HOSTS_FILE, false },
	{ "/etc/resolv.conf", RESOLV_FILE, true },
};

static int set_string(int fs_fd, const char *key, const char *value)
{
	return fsconfig(fs_fd, FSCONFIG_SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

static int configure_mount(int fs_fd, size_t i)
{
	char text[64], *rest = text, *value;
	int r = set_string(fs_fd, "source", table[i].type);

	snprintf(text, sizeof(text), "%s", table[i].options);
	while (r == 0 && (value = strsep(&rest, ","))) {
		const char *key = strsep(&value, "=");

		if (value)
			r = set_string(fs_fd, key, value);
	}
	if (r == 0 && fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		r = -errno;
	return r;
}

static int make_mount(size_t i, int *ret_fd)
{
	cleanup_close int fs_fd = fsopen(table[i].type, FSOPEN_CLOEXEC);
	int fd, r;

	if (fs_fd < 0)
		return -errno;
	r = configure_mount(fs_fd, i);
	if (r < 0)
		return r;
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, table[i].attributes);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int fill_dev(int fd)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} nodes[] = { { "null", 1, 3 },	  { "zero", 1, 5 },    { "full", 1, 7 },
		      { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 } };
	static const char *const folders[] = { "pts", "shm", "mqueue" };
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" },	 { "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
		{ "core", "/proc/kcore" },	 { "ptmx", "pts/ptmx" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		if (mknodat(fd, nodes[i].name, S_IFCHR | 0666,
			    makedev(nodes[i].major, nodes[i].minor)) < 0 ||
		    fchmodat(fd, nodes[i].name, 0666, 0) < 0)
			return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(fd, folders[i], 0755) < 0)
			return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i][1], fd, links[i][0]) < 0)
			return -errno;
	return 0;
}

int mounts_prepare(struct mounts *ret, struct err *err)
{
	int r;

	for (size_t i = PROC + 1; i < ARRAY_SIZE(table); i++) {
		r = make_mount(i, &ret->fds[i]);
		if (r < 0)
			return err_errno(err, r, "make a mount of type %s", table[i].type);
	}
	ret->pts_fd = ret->fds[PTS];
	r = fill_dev(ret->fds[DEV]);
	return r < 0 ? err_errno(err, r, "fill the container's /dev") : 0;
}

int mounts_renew_sys(struct mounts *m, struct err *err)
{
	int r;

	fd_close(&m->fds[SYS]);
	r = make_mount(SYS, &m->fds[SYS]);
	return r < 0 ? err_errno(err, r, "make /sys of the container") : 0;
}

int mounts_dev_fd(const struct mounts *m)
{
	return m->fds[DEV];
}

void mounts_release(struct mounts *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (i != PTS)
			fd_close(&m->fds[i]);
}

void mounts_discard(struct mounts *m)
{
	mounts_release(m);
	fd_close(&m->fds[PTS]);
	m->pts_fd = -1;
}

/* Attaches a prepared mount to a folder, which is made if it is missing; never through a symbolic
 * link. */
static int attach_mount(int fd, const char *path)
{
	if (move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT || mkdir(path, 0755) < 0)
		return -errno;
	return move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
}

static int touch_file(const char *path)
{
	cleanup_close int fd =
		open(path, O_RDONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Mounts a file over one of the image, unless that is a symbolic link to nowhere.  @missing: over
 * no other than this one of STUBS_DIR; NULL: over any */
static int attach_file(int fd, const char *path, const struct stat *missing)
{
	const unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS;
	struct stat sb;

	if (stat(path, &sb) == 0) {
		if (missing && !is_same(&sb, missing))
			return 0;
	} else if (errno != ENOENT) {
		return -errno;
	} else if ((mkdir("/etc", 0755) < 0 && errno != EEXIST) || touch_file(path) < 0) {
		return 0;
	}
	return move_mount(fd, "", AT_FDCWD, path, flags) < 0 ? -errno : 0;
}

int mounts_change_root(struct err *err)
{
	if (chdir(ROOT_DIR) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_errno(err, -errno, "change into the container's root");
	return 0;
}

/* Hides paths from the container: an empty folder over a folder, /dev/null over anything else. */
static int mask_paths(char *const *paths, struct err *err)
{
	const char *empty = NULL; /* where the first mask is mounted; others are bound from it */
	struct stat sb;

	for (; paths && *paths; paths++) {
		int r;

		if (stat(*paths, &sb) < 0)
			continue;
		if (!S_ISDIR(sb.st_mode))
			r = mount("/dev/null", *paths, NULL, MS_BIND, NULL);
		else if (empty)
			r = mount(empty, *paths, NULL, MS_BIND, NULL);
		else
			r = mount("tmpfs", *paths, "tmpfs", MS_RDONLY, "nr_blocks=1,nr_inodes=1");
		if (r < 0)
			return err_errno(err, -errno, "mask %s", *paths);
		if (S_ISDIR(sb.st_mode) && !empty)
			empty = *paths;
	}
	return 0;
}

static int set_readonly(const char *path, unsigned flags)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	return mount_setattr(AT_FDCWD, path, flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int protect_paths(char *const *paths, struct err *err)
{
	for (; paths && *paths; paths++) {
		int r;

		if (mount(*paths, *paths, NULL, MS_BIND | MS_REC, NULL) < 0) {
			if (errno == ENOENT || errno == ENOTDIR)
				continue;
			return err_errno(err, -errno, "make %s read-only", *paths);
		}
		r = set_readonly(*paths, AT_RECURSIVE);
		if (r < 0)
			return err_errno(err, r, "make %s read-only", *paths);
	}
	return 0;
}

static int attach_console(int tty, struct err *err)
{
	char slave[32];
	int r = touch_file("/dev/console");

	snprintf(slave, sizeof(slave), "/dev/pts/%d", tty);
	if (r == 0 && mount(slave, "/dev/console", NULL, MS_BIND, NULL) < 0)
		r = -errno;
	return r < 0 ? err_errno(err, r, "attach the terminal to /dev/console") : 0;
}

/* What is to be attached inside the container, as it was outside. */
struct outside {
	int files[ARRAY_SIZE(files)];
	int shares[OCI_MOUNTS_MAX];
	struct stat stub; /* what stands for a resolv.conf that is missing */
};

static int attach_all(const struct mounts *m, const struct outside *out, bool own_resolv,
		      struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int fd = m->fds[i];
		int r = i == PROC ? make_mount(i, &fd) : 0;

		if (r == 0)
			r = attach_mount(fd, table[i].path);
		if (r < 0)
			return err_errno(err, r, "mount %s in the container", table[i].path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		bool only_if_missing = files[i].only_if_missing && !own_resolv;
		int r = attach_file(out->files[i], files[i].path,
				    only_if_missing ? &out->stub : NULL);

		if (r < 0)
			return err_errno(err, r, "mount %s in the container", files[i].path);
	}
	return 0;
}

/* Mounts what the options ask for. */
static int mount_options(const struct mounts_wanted *w, const int *share_fds, struct err *err)
{
	int r = options_mount(w->options, share_fds, err);

	if (r == 0)
		r = secrets_mount(&w->options->secrets, &w->options->mounts, err);
	return r == 0 ? sockets_bind(w->sockets, w->options->sockets, err) : r;
}

static int open_outside(const struct mounts_wanted *w, struct outside *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		ret->files[i] =
			open_tree(AT_FDCWD, files[i].source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (ret->files[i] < 0)
			return err_errno(err, -errno, "open %s", files[i].source);
	}
	if (stat(STUBS_DIR "/etc/resolv.conf", &ret->stub) < 0)
		return err_errno(err, -errno, "look at " STUBS_DIR "/etc/resolv.conf");
	return w->options ? shares_open(w->shares, &w->options->mounts, ret->shares, err) : 0;
}

int mounts_enter(const struct mounts *m, const struct mounts_wanted *w, struct err *err)
{
	const struct oci_options *o = w->options;
	const struct link_container *c = w->spec;
	struct outside out;
	int r = open_outside(w, &out, err);

	if (r == 0)
		r = mounts_change_root(err);
	if (r == 0)
		r = attach_all(m, &out, o && *o->resolv_conf, err);
	if (r == 0 && w->tty >= 0)
		r = attach_console(w->tty, err);
	if (r == 0 && o)
		r = mount_options(w, out.shares, err);
	if (r == 0)
		r = mask_paths(c->masked_paths, err);
	if (r == 0)
		r = protect_paths(c->readonly_paths, err);
	if (r == 0 && c->root_readonly && (r = set_readonly("/", 0)) < 0)
		r = err_errno(err, r, "make the root read-only");
	return r;
}
