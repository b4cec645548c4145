/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The first disk is the image (EROFS), the second the container's
 * writable layer (ext4) with the folders "upper" and "work"; an overlay joins them.  The
 * machine may have been restored from a snapshot taken when other disks were in their place,
 * so what the kernel remembers of their blocks is dropped first.
 *
 * Both disks were made by the host, but the writable layer has been in the hands of a
 * container since: the kernel's ext4 meets it here, inside the guest, and nowhere else.
 */
#include "guest/container/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"

#define FRESH_DIR "/rw/fresh" /* a mark: nobody has used the writable layer yet */
#define WORK_DIR  "/rw/work"

struct disk {
	const char *device;
	const char *dir;
	const char *type;
	unsigned long flags;
	const char *options;
};

static const struct disk image_disk = { "/dev/vda", LOWER_DIR, "erofs", MS_RDONLY, NULL };
static const struct disk writable_disk = { "/dev/vdb", "/rw", "ext4", MS_RELATIME,
					   "noinit_itable,no_prefetch_block_bitmaps,discard" };

static int mount_disk(const struct disk *d, struct err *err)
{
	cleanup_close int fd = open(d->device, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, BLKFLSBUF, 0) < 0)
		return err_errno(err, -errno, "open %s", d->device);
	if (mount(d->device, d->dir, d->type, d->flags, d->options) < 0)
		return err_errno(err, -errno, "mount %s (%s)", d->device, d->type);
	return 0;
}

/* With that it is not fresh any more. */
static int own_upper(const struct stat *root)
{
	if (chown(UPPER_DIR, root->st_uid, root->st_gid) < 0 ||
	    chmod(UPPER_DIR, root->st_mode & 07777) < 0 || rmdir(FRESH_DIR) < 0)
		return -errno;
	return 0;
}

/* Return: 1 where nobody has used the writable layer; 0; -errno. */
static int is_fresh(void)
{
	if (access(FRESH_DIR, F_OK) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* Where there is no second disk they are in memory; and an earlier moat had the guest make them. */
static int make_folders(void)
{
	static const char *const dirs[] = { FRESH_DIR, WORK_DIR, UPPER_DIR };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) < 0 && errno != EEXIST)
			return -errno;
	return 0;
}

/*
 * The overlay's root has owner and mode of the upper folder, so that gets those of the image's
 * root before the container can change them.  The host has made it root's and 0755, as nearly all
 * images have it, and then there is nothing to do, now or ever.
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

int rootfs_mount(bool readonly, struct err *err)
{
	/* Whatever the kernel's defaults are, all that is in the upper folder is there itself. */
	static const char options[] = "lowerdir=" LOWER_DIR ",upperdir=" UPPER_DIR
				      ",workdir=" WORK_DIR ",redirect_dir=nofollow,metacopy=off";
	int r = mount_disk(&image_disk, err);

	if (r == 0 && !readonly)
		r = mount_disk(&writable_disk, err);
	if (r == 0)
		r = make_upper(err);
	if (r == 0 && mount("overlay", ROOTFS_DIR, "overlay", MS_RELATIME, options) < 0)
		r = err_errno(err, -errno, "mount the overlay of image and writable layer");
	return r;
}

int rootfs_release(struct err *err)
{
	static const char *const dirs[] = { ROOTFS_DIR, "/rw", "/lower" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		/* A machine without a writable layer has nothing at /rw. */
		if (umount2(dirs[i], 0) < 0 && errno != EINVAL)
			return err_errno(err, -errno, "unmount %s", dirs[i]);
	return 0;
}

void rootfs_unmount(void)
{
	if (umount2(ROOTFS_DIR, 0) < 0)
		umount2(ROOTFS_DIR, MNT_DETACH);
	/* Whoever still uses the file system cannot keep it from becoming clean. */
	if (umount2("/rw", 0) < 0)
		mount(NULL, "/rw", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	sync();
}
