/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The file is given to a loop device that goes with the mount, so nothing has
 * to be taken apart when moatd is gone.  The mount is the host's, and stays while moatd does not
 * run: what backs a volume up finds its files there, and containers go on.  After a reboot moatd
 * mounts again; until then the folder below the mount is empty.
 *
 * Nobody but this host's kernel writes to the file system: containers reach it by way of moat-fs.
 */
#include "daemon/volume/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "daemon/volume/folder.h"
#include "storage/ext4.h"

#define DISK_FILE     "disk.ext4"
#define LOOP_CONTROL  "/dev/loop-control"
#define LOOP_ATTEMPTS 16u

static int check_possible(struct err *err)
{
	if (geteuid() == 0 && access(LOOP_CONTROL, R_OK | W_OK) == 0)
		return 0;
	return err_set(err, -EOPNOTSUPP,
		       "moat cannot hold a volume to a size here: it takes root and loop devices "
		       "(" LOOP_CONTROL ")");
}

int volume_disk_make(int fd, uint64_t size_bytes, struct err *err)
{
	static const char *const no_folders[] = { NULL };
	const struct ext4_plan plan = { .size_bytes = ext4_with_overhead(size_bytes),
					.folders = no_folders };
	cleanup_close int disk_fd = -1;
	int r = check_possible(err);

	if (r == 0)
		r = ext4_create(fd, DISK_FILE, &plan, err);
	if (r < 0)
		return r;
	disk_fd = openat(fd, DISK_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (disk_fd < 0 || fsync(disk_fd) < 0 || fsync(fd) < 0)
		return err_errno(err, -errno, DISK_FILE);
	return 0;
}

uint64_t volume_disk_size(int fd)
{
	struct stat sb;

	return fstatat(fd, DISK_FILE, &sb, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(sb.st_mode)
		       ? (uint64_t)sb.st_size
		       : 0;
}

/* Is something mounted on this folder? */
static bool is_mounted(const char *path)
{
	struct statx sx;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &sx) == 0 &&
	       (sx.stx_attributes & sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT);
}

/* @ret: the device's path, at least 32 bytes.  Return: 0; -EBUSY: somebody was faster; -errno. */
static int configure_loop(int control_fd, int disk_fd, int *ret_fd, char *ret, size_t size)
{
	struct loop_config config = {
		.fd = (__u32)disk_fd,
		.info = { .lo_flags = LO_FLAGS_AUTOCLEAR },
	};
	cleanup_close int fd = -1;
	int number = ioctl(control_fd, LOOP_CTL_GET_FREE);

	if (number < 0)
		return -errno;
	snprintf(ret, size, "/dev/loop%d", number);
	fd = open(ret, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, &config) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Attaches a loop device, which exists for as long as it is mounted or @ret_fd is open. */
static int attach_loop(int disk_fd, int *ret_fd, char *ret, size_t size, struct err *err)
{
	cleanup_close int control_fd = open(LOOP_CONTROL, O_RDWR | O_CLOEXEC);
	int r = control_fd < 0 ? -errno : -EBUSY;

	for (unsigned i = 0; r == -EBUSY && i < LOOP_ATTEMPTS; i++)
		r = configure_loop(control_fd, disk_fd, ret_fd, ret, size);
	return r < 0 ? err_errno(err, r, "loop device") : 0;
}

static int mount_file(const char *folder, const char *data, struct err *err)
{
	cleanup_free char *file = str_printf("%s/" DISK_FILE, folder);
	cleanup_close int disk_fd = file ? open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
	cleanup_close int loop_fd = -1;
	char device[32];
	int r;

	if (!file)
		return err_nomem(err);
	if (disk_fd < 0)
		return err_errno(err, -errno, "%s", file);
	r = attach_loop(disk_fd, &loop_fd, device, sizeof(device), err);
	if (r < 0)
		return r;
	if (mount(device, data, "ext4", MS_NODEV | MS_NOSUID, "discard") < 0)
		return err_errno(err, -errno, "mount %s", file);
	return 0;
}

int volume_disk_mount(const char *path, const char *name, struct err *err)
{
	cleanup_free char *folder = str_printf("%s/%s", path, name);
	cleanup_free char *data = str_printf("%s/%s/" VOLUME_DATA, path, name);

	if (!folder || !data)
		return err_nomem(err);
	return is_mounted(data) ? 0 : mount_file(folder, data, err);
}

int volume_disk_unmount(const char *path, const char *name, struct err *err)
{
	cleanup_free char *data = str_printf("%s/%s/" VOLUME_DATA, path, name);

	if (!data)
		return err_nomem(err);
	if (!is_mounted(data) || umount2(data, UMOUNT_NOFOLLOW) == 0)
		return 0;
	/* A process of the host's is in it: the mount goes when that leaves. */
	if (errno == EBUSY && umount2(data, UMOUNT_NOFOLLOW | MNT_DETACH) == 0)
		return 0;
	return err_errno(err, -errno, "unmount %s", data);
}
