/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * A volume with a size (docker's option "size") is a sparse file with an ext4, NAME/disk.ext4,
 * that is mounted on NAME/_data: so the kernel keeps the promise, whoever writes.  It takes root
 * and loop devices; project quotas would take root, too, and a file system that is mounted with
 * them, which few are.
 *
 * @path is $ROOT/volumes, @name a volume's.
 */

/**
 * volume_disk_make() - make the file
 * @fd:         the volume's folder; borrowed
 * @size_bytes: that containers can write, and little more
 *
 * Return: 0; -EOPNOTSUPP with a message where such volumes cannot be had; -errno with a message.
 */
int volume_disk_make(int fd, uint64_t size_bytes, struct err *err);

/** volume_disk_size() - bytes of the disk file in a volume's folder; 0: there is none */
uint64_t volume_disk_size(int fd);

/** volume_disk_mount() - mount the disk, unless it is mounted.  Return: 0; -errno with a message.
 */
int volume_disk_mount(const char *path, const char *name, struct err *err);

/** volume_disk_unmount() - unmount the disk, if it is mounted.  Return: 0; -errno with a message.
 */
int volume_disk_unmount(const char *path, const char *name, struct err *err);
