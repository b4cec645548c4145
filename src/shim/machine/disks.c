/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/names.h"
#include "engine/disk.h"
#include "storage/layer.h"

#define LOCK_WAIT_USEC	(5 * USEC_PER_SEC)
#define LOCK_RETRY_USEC (20 * USEC_PER_MSEC)

/*
 * Locks a writable layer, as two machines with it would ruin its file system.  The lock is that
 * of the open file, which the engine inherits: so it is held until the engine has ended, even if
 * the shim was killed before.
 */
static int lock_layer(int fd, struct err *err)
{
	uint64_t deadline = clock_mono_usec() + LOCK_WAIT_USEC;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, -errno, "lock %s", LAYER_FILE);
		if (clock_mono_usec() >= deadline)
			return err_set(err, -EBUSY,
				       "writable layer %s is in use by another machine: end its "
				       "process first",
				       LAYER_FILE);
		usleep(LOCK_RETRY_USEC);
	}
	return 0;
}

/* Return: 0; -ENOENT where it is missing, or is to be made anew; -errno with a message. */
static int open_existing(int dir_fd, int *ret_fd, struct err *err)
{
	cleanup_close int fd = openat(dir_fd, LAYER_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int r = fd < 0 ? -errno : 0;

	if (r < 0)
		return err_errno(err, r, "writable layer %s", LAYER_FILE);
	r = lock_layer(fd, err);
	if (r < 0)
		return r;
	r = layer_is_lost(fd);
	if (r < 0)
		return err_errno(err, r, "writable layer %s", LAYER_FILE);
	if (r > 0) {
		log_warning("the writable layer was lost with the host's power, and is made anew");
		return -ENOENT;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Lengthens a layer that was made when disks were smaller: a hole behind its file system. */
static int widen_file(int fd, uint64_t size_bytes, struct err *err)
{
	struct stat sb;

	if (fstat(fd, &sb) < 0)
		return err_errno(err, -errno, "writable layer %s", LAYER_FILE);
	if ((uint64_t)sb.st_size < size_bytes && ftruncate(fd, (off_t)size_bytes) < 0)
		return err_errno(err, -errno, "writable layer %s", LAYER_FILE);
	return 0;
}

static int open_layer(int dir_fd, uint64_t size_bytes, int *ret_fd, struct err *err)
{
	cleanup_close int fd = -1;
	int r = open_existing(dir_fd, &fd, err);

	if (r == -ENOENT)
		r = layer_create(dir_fd, LAYER_FILE, size_bytes, err);
	if (r == 0 && fd < 0)
		r = open_existing(dir_fd, &fd, err);
	if (r == 0)
		r = widen_file(fd, size_bytes, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

void disks_close(struct slot_disks *d)
{
	cleanup_close_fn(&d->image_fd);
	cleanup_close_fn(&d->layer_fd);
	*d = SLOT_DISKS_NONE;
}

int disks_open(const struct slot *slot, uint64_t layer_bytes, struct slot_disks *ret,
	       struct err *err)
{
	cleanup(disks_close) struct slot_disks d = SLOT_DISKS_NONE;
	int r = 0;

	d.image_fd = open(slot->image, O_RDONLY | O_CLOEXEC);
	if (d.image_fd < 0)
		return err_errno(err, -errno, "image %s", slot->image);
	if (!slot->readonly)
		r = open_layer(slot->dir_fd, layer_bytes, &d.layer_fd, err);
	if (r < 0)
		return r;
	*ret = d;
	d = SLOT_DISKS_NONE;
	return 0;
}

static bool has_size(int fd, uint64_t size_bytes)
{
	struct stat sb;

	return fstat(fd, &sb) == 0 && (uint64_t)sb.st_size == size_bytes;
}

bool disks_fit(const struct slot_disks *d, uint64_t layer_bytes)
{
	return has_size(d->image_fd, ROOT_DISK_BYTES) &&
	       (d->layer_fd < 0 || has_size(d->layer_fd, layer_bytes));
}
