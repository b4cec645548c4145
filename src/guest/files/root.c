/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Where the container runs, the process joins its mount namespace, and sees
 * what the container's processes see.  Else it takes the mounted root, and mounts the host's files
 * into it in a mount namespace that ends with it: other operations, on the container's own files
 * alone, do not see those.
 */
#include "guest/files/root.h"

#include <errno.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "guest/container/places.h"
#include "guest/container/rootfs.h"

bool files_mount_shares(const struct container *c, const struct link_files *f)
{
	return c->first_pid == 0 && c->options.mounts.n > 0 &&
	       (f->op == LINK_FILES_STAT || f->op == LINK_FILES_GET || f->op == LINK_FILES_PUT);
}

static int enter_with_shares(const struct container *c, struct err *err)
{
	const struct oci_options only = { .mounts = c->options.mounts };
	int share_fds[OCI_MOUNTS_MAX];
	int r;

	if (unshare(CLONE_NEWNS) < 0)
		return err_errno(err, -errno, "make a mount namespace");
	r = shares_open(c->shares, &only.mounts, share_fds, err);
	if (r == 0)
		r = mounts_change_root(err);
	return r == 0 ? places_mount(&only, share_fds, err) : r;
}

int files_enter_root(const struct container *c, const struct link_files *f, struct err *err)
{
	if (c->first_pid > 0)
		return setns(c->first_pidfd, CLONE_NEWNS) < 0
			       ? err_errno(err, -errno, "join the container")
			       : 0;
	if (files_mount_shares(c, f))
		return enter_with_shares(c, err);
	if (chroot(ROOT_DIR) < 0 || chdir("/") < 0)
		return err_errno(err, -errno, "change into the container's root");
	return 0;
}

int files_check_writable(const struct container *c, int dir_fd, struct err *err)
{
	struct stat root, dir;
	struct statvfs fs;

	if (stat("/", &root) < 0 || fstat(dir_fd, &dir) < 0 || fstatvfs(dir_fd, &fs) < 0)
		return err_errno(err, -errno, "look at the folder");
	if (dir.st_dev == root.st_dev && c->spec.root_readonly)
		return err_set(err, -EROFS, "container rootfs is marked read-only");
	if (dir.st_dev != root.st_dev && fs.f_flag & ST_RDONLY)
		return err_set(err, -EROFS, "mounted volume is marked read-only");
	return 0;
}
