/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "link/setup.h"

/* All in the container's folder, which has to be the current one for what is here. */
#define ROOT_DIR  "root"
#define LOWER_DIR "lower"    /* the image */
#define RW_DIR	  "rw"	     /* the writable layer */
#define UPPER_DIR "rw/upper" /* what differs from the image */

/** rootfs_layer_letter() - N of /dev/vdN, the disk of a slot's writable layer */
char rootfs_layer_letter(unsigned slot);

/** rootfs_make_folders() - make the mount points.  Return: 0; -errno. */
int rootfs_make_folders(void);

/**
 * rootfs_mount() - put a container's root together at ROOT_DIR
 *
 * Where it is read-only, what is written all the same (mount points) goes to memory.
 *
 * Return: 0; -errno.
 */
int rootfs_mount(const struct link_container *c, struct err *err);

/** rootfs_release() - undo rootfs_mount(), as far as that went, for the disks to be another
 * container's.  Return: 0; -EBUSY where somebody still uses it; -EIO where the writable layer
 * cannot be written; -errno. */
int rootfs_release(unsigned slot, struct err *err);

/** rootfs_unmount() - take it apart, so that the disks are clean after sync(2), whoever uses it; a
 * layer that cannot be written is left to its journal */
void rootfs_unmount(unsigned slot);
