/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

#define ROOTFS_DIR "/rootfs"
#define LOWER_DIR  "/lower"    /* the image */
#define UPPER_DIR  "/rw/upper" /* what differs from it */

/**
 * rootfs_mount() - put the container's root together at ROOTFS_DIR
 * @readonly: the second disk is not used; what is written (mount points) goes to memory
 *
 * Return: 0; -errno.
 */
int rootfs_mount(bool readonly, struct err *err);

/** rootfs_release() - undo rootfs_mount(), for another container's disks to come.  Return: 0;
 * -EBUSY where somebody still uses it; -errno. */
int rootfs_release(struct err *err);

/** rootfs_unmount() - take it apart and write everything to the disks, as far as that goes */
void rootfs_unmount(void);
