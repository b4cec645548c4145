/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The first disk of a slot is the image (EROFS), the second the container's
 * writable layer (ext4) with the folders "upper" and "work"; an overlay joins them.  Below the
 * image it has the folders and empty files that are mounted on in every container, so that none has
 * to be made in the layer: a container that writes nothing has nothing written.  The machine may
 * have been restored from a snapshot taken when other disks were in their place, so the kernel
 * first drops what it has cached of their blocks.
 *
 * Both disks were made by the host, but the writable layer has been in the hands of a container
 * since: the kernel's ext4 meets it here, inside the guest, and nowhere else.
 */
#include "guest/container/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"

#define FRESH_DIR RW_DIR "/fresh" /* a mark: nobody has used the writable layer yet */
#define WORK_DIR  RW_DIR "/work"

#define UNUSED_WAIT_MSEC 2000

/* The disks of a slot, in their order. */
static const struct disk {
	const char *dir;
	const char *type;
	unsigned long flags;
	const char *options;
} disks[] = {
	{ LOWER_DIR, "erofs", MS_RDONLY, NULL },
	{ RW_DIR, "ext4", MS_RELATIME, "noinit_itable,no_prefetch_block_bitmaps,discard" },
};

struct device {
	char path[sizeof("/dev/vda")];
};

static struct device device_of(unsigned slot, size_t i)
{
	struct device d = { "/dev/vda" };

	d.path[sizeof(d.path) - 2] = (char)('a' + slot * ARRAY_SIZE(disks) + i);
	return d;
}

char rootfs_layer_letter(unsigned slot)
{
	struct device device = device_of(slot, 1);

	return device.path[sizeof(device.path) - 2];
}

static int mount_disk(unsigned slot, size_t i, struct err *err)
{
	const struct disk *d = &disks[i];
	struct device device = device_of(slot, i);
	cleanup_close int fd = open(device.path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, BLKFLSBUF, 0) < 0)
		return err_errno(err, -errno, "open %s", device.path);
	if (mount(device.path, d->dir, d->type, d->flags, d->options) < 0)
		return err_errno(err, -errno, "mount %s (%s)", device.path, d->type);
	return 0;
}

static int mount_memory(struct err *err)
{
	if (mount("moat", RW_DIR, "tmpfs", 0, "mode=755") < 0)
		return err_errno(err, -errno, "mount a tmpfs");
	return 0;
}

int rootfs_make_folders(void)
{
	static const char *const dirs[] = {
		ROOT_DIR,	  LOWER_DIR,	     RW_DIR,	       STUBS_DIR, STUBS_DIR "/dev",
		STUBS_DIR "/etc", STUBS_DIR "/proc", STUBS_DIR "/sys",
	};
	static const char *const files[] = {
		STUBS_DIR "/etc/hostname",
		STUBS_DIR "/etc/hosts",
		STUBS_DIR "/etc/resolv.conf",
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) < 0)
			return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (mknod(files[i], S_IFREG | 0644, 0) < 0)
			return -errno;
	return 0;
}

/* The mark is removed last: what a crash cut off is done again. */
static int own_upper(const struct stat *root)
{
	if (chown(UPPER_DIR, root->st_uid, root->st_gid) < 0 ||
	    chmod(UPPER_DIR, root->st_mode & 07777) < 0 || rmdir(FRESH_DIR) < 0)
		return -errno;
	return 0;
}

/* Was the writable layer never used?  Return: 1; 0; -errno. */
static int is_fresh(void)
{
	if (access(FRESH_DIR, F_OK) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* Makes folders that the host makes with the disk.  A root in memory lacks them, and so does a disk
 * made by an early moat. */
static int make_folders(void)
{
	static const char *const dirs[] = { FRESH_DIR, WORK_DIR, UPPER_DIR };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) < 0 && errno != EEXIST)
			return -errno;
	return 0;
}

/*
 * An overlay's root has the upper folder's owner and mode.  So the upper folder gets what the
 * image's root has, once, before the container can change it.  The host has made it root's and
 * 0755: for an image with such a root, as nearly all are, nothing has to be done.
 */
static int make_upper(struct err *err)
{
	struct stat root;
	int r = access(UPPER_DIR, F_OK) < 0 ? make_folders() : 0;

	if (r == 0 && stat(LOWER_DIR, &root) < 0)
		r = -errno;
	if (r < 0)
		return err_errno(err, r, "make the folders of the writable layer");
	if (root.st_uid == 0 && root.st_gid == 0 && (root.st_mode & 07777) == 0755)
		return 0;
	r = is_fresh();
	if (r > 0)
		r = own_upper(&root);
	return r < 0 ? err_errno(err, r, "give the root folder its owner") : 0;
}

int rootfs_mount(const struct link_container *c, struct err *err)
{
	/* Without redirects and bare metadata, whatever the kernel's defaults are, the upper folder
	 * alone holds all that was written. */
	static const char options[] = "lowerdir=" LOWER_DIR ":" STUBS_DIR ",upperdir=" UPPER_DIR
				      ",workdir=" WORK_DIR ",redirect_dir=nofollow,metacopy=off";
	int r = mount_disk(c->slot, 0, err);

	if (r == 0)
		r = c->root_readonly ? mount_memory(err) : mount_disk(c->slot, 1, err);
	if (r == 0)
		r = make_upper(err);
	if (r == 0 && mount("overlay", ROOT_DIR, "overlay", MS_RELATIME, options) < 0)
		r = err_errno(err, -errno, "mount the overlay of image and writable layer");
	return r;
}

/*
 * The kernel lets go of a file system a moment after its last mount is gone, where that was in the
 * namespace of a process that has just ended.  Until then it may write to the disk.
 */
static int await_unused(unsigned slot, size_t i)
{
	const struct timespec pause = { .tv_nsec = NSEC_PER_SEC / 1000 };
	struct device device = device_of(slot, i);

	for (int n = 0; n < UNUSED_WAIT_MSEC; n++) {
		cleanup_close int fd = open(device.path, O_RDONLY | O_EXCL | O_CLOEXEC);

		if (fd >= 0 || errno != EBUSY)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

/* Return: 1; 0 where nothing was mounted; -errno with a message. */
static int unmount_folder(const char *dir, struct err *err)
{
	if (umount2(dir, 0) == 0)
		return 1;
	return errno == EINVAL ? 0 : err_errno(err, -errno, "unmount %s", dir);
}

/*
 * Writes all that the layer's file system has in memory to its journal and then to its place.  An
 * unmount does that, too, but where it fails (the host's disk is full) ext4 still marks the journal
 * as not needed, and the next mount ignores it.
 */
static int write_back(unsigned slot)
{
	struct device device = device_of(slot, 1);
	cleanup_close int dir_fd = open(RW_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int disk_fd = open(device.path, O_RDONLY | O_CLOEXEC);

	if (dir_fd < 0 || disk_fd < 0 || syncfs(dir_fd) < 0 || fsync(disk_fd) < 0)
		return -errno;
	return 0;
}

int rootfs_release(unsigned slot, struct err *err)
{
	int r = unmount_folder(ROOT_DIR, err);

	if (r > 0 && (r = write_back(slot)) < 0)
		err_errno(err, r, "write the writable layer");
	for (size_t i = ARRAY_SIZE(disks); r >= 0 && i-- > 0;) {
		r = unmount_folder(disks[i].dir, err);
		if (r > 0 && (r = await_unused(slot, i)) < 0)
			err_errno(err, r, "give up %s", device_of(slot, i).path);
	}
	return r < 0 ? r : 0;
}

void rootfs_unmount(unsigned slot)
{
	if (umount2(ROOT_DIR, 0) < 0)
		umount2(ROOT_DIR, MNT_DETACH);
	/* The layer is left as after a loss of power, and the next mount replays the journal. */
	if (write_back(slot) < 0)
		return;
	/* A file system that somebody still uses can be made read-only, and so clean. */
	if (umount2(RW_DIR, 0) < 0)
		mount(NULL, RW_DIR, NULL, MS_REMOUNT | MS_RDONLY, NULL);
}
