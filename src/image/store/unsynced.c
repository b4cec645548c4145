/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/unsynced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "image/store/record.h"
#include "image/store/sums.h"

/*
 * Theory of operation: an image's file can be made again from its layers, which are on the disk
 * before the image is visible.  So nobody waits until the file, which is three times as large, is
 * on the disk, too: a thread syncs it afterwards (sums.c).  A mark, which is on the disk before the
 * file has its name, says that this is still to be done.
 *
 * The kernel has all of the file as long as it runs, whatever becomes of moatd.  If the kernel has
 * been booted since the mark was made, the disk may lack part of the file: it is removed, and made
 * again when the store is opened.
 */

#define BOOT_ID_MAX 64

int unsynced_mark(const struct store *st, const struct digest *manifest)
{
	char name[DIGEST_HEX_MAX + sizeof(UNSYNCED_SUFFIX)];
	cleanup_close int fd = -1;

	snprintf(name, sizeof(name), "%s" UNSYNCED_SUFFIX, digest_hex(manifest));
	fd = openat(st->sums_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 || fsync(st->sums_fd) < 0 ? -errno : 0;
}

void unsynced_clear(const struct store *st, const struct digest *manifest)
{
	char name[DIGEST_HEX_MAX + sizeof(UNSYNCED_SUFFIX)];

	snprintf(name, sizeof(name), "%s" UNSYNCED_SUFFIX, digest_hex(manifest));
	(void)unlinkat(st->sums_fd, name, 0);
}

/* Reads the digest that a mark is for.  Return: 0; -EINVAL for a file that is no mark. */
static int read_mark(const char *name, struct digest *ret)
{
	size_t len = strspn(name, "0123456789abcdef");
	cleanup_free char *text = NULL;

	if ((len != DIGEST_HEX_LEN && len != DIGEST_HEX_MAX) || !streq(name + len, UNSYNCED_SUFFIX))
		return -EINVAL;
	text = str_printf("%s:%.*s", len == DIGEST_HEX_LEN ? "sha256" : "sha512", (int)len, name);
	return text ? digest_parse(text, ret, NULL) : -ENOMEM;
}

static int drop_file(int sums_fd, const char *name, void *arg)
{
	const struct store *st = arg;
	char file[ROOTFS_NAME_MAX];
	struct digest d;

	if (read_mark(name, &d) < 0)
		return 0;
	rootfs_name(&d, file);
	if (unlinkat(st->rootfs_fd, file, 0) < 0 && errno != ENOENT)
		return -errno;
	(void)unlinkat(sums_fd, digest_hex(&d), 0);
	(void)unlinkat(sums_fd, name, 0);
	return 0;
}

int unsynced_judge(struct store *st)
{
	cleanup(buf_reset) struct buf now = BUF_INIT, then = BUF_INIT;
	int r = file_read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", BOOT_ID_MAX, &now);

	if (r < 0)
		return path_each(st->sums_fd, drop_file, st);
	(void)file_read_at(st->dir_fd, "boot", BOOT_ID_MAX, &then);
	if (then.len == now.len && memcmp(then.data, now.data, now.len) == 0)
		return 0;
	r = path_each(st->sums_fd, drop_file, st);
	return r < 0 ? r : file_write_atomic(st->dir_fd, "boot", now.data, now.len, 0600);
}

static int take_up(int sums_fd, const char *name, void *arg)
{
	struct digest d;

	(void)sums_fd;
	if (read_mark(name, &d) == 0)
		(void)sums_want(arg, &d);
	return 0;
}

void unsynced_take_up(struct store *st)
{
	(void)path_each(st->sums_fd, take_up, st);
}
