/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "link/setup.h"

/* Names in the container's folder, which has to be the working folder of these functions. */
#define ROOT_DIR  "root"
#define LOWER_DIR "lower"    /* the image */
#define RW_DIR	  "rw"	     /* the writable layer */
#define UPPER_DIR "rw/upper" /* all that differs from the image */
#define STUBS_DIR "stubs"    /* what is mounted on in every root, for images that lack it */

/** rootfs_layer_letter() - the N of /dev/vdN, for the writable layer of a slot */
char rootfs_layer_letter(unsigned slot);

/** rootfs_make_folders() - make the mount points and STUBS_DIR.  Return: 0; -errno. */
int rootfs_make_folders(void);

/**
 * rootfs_mount() - mount a container's root at ROOT_DIR
 *
 * With a read-only root, mount points that moat makes in it go to memory.
 *
 * Return: 0; -errno.
 */
int rootfs_mount(const struct link_container *c, struct err *err);

/** rootfs_release() - undo rootfs_mount(), as far as that went, so that another container can have
 * the slot.  Return: 0; -EBUSY where somebody still uses the root; -EIO where the writable layer
 * cannot be written; -errno. */
int rootfs_release(unsigned slot, struct err *err);

/** rootfs_unmount() - unmount the root even if somebody uses it, so that the disks are clean after
 * sync(2); a layer that cannot be written is left to its journal */
void rootfs_unmount(unsigned slot);
