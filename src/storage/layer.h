/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "storage/ext4.h"

#define LAYER_SIZE_MIN EXT4_SIZE_MIN
#define LAYER_SIZE_MAX EXT4_SIZE_MAX

/**
 * layer_create() - make the writable layer of a container: a sparse file with an empty ext4
 * @dir_fd:     folder; borrowed
 * @name:       file name in that folder; ".NAME.tmp" beside it is used on the way
 * @size_bytes: from LAYER_SIZE_MIN to LAYER_SIZE_MAX; what the guest sees, not what is allocated
 *
 * The file system holds the folders of an overlay, "upper" and "work", the latter with the empty
 * "work" that moat's own kernel takes as it is, and an empty one, "fresh": while that is there the
 * guest may give "upper" the owner and mode of the image's root.  The file appears whole or not at
 * all; it is not synced, as there is nothing in it to be lost yet: see layer_is_lost().
 *
 * Return: 0; -EINVAL for a size out of range; -errno, with a message and nothing left behind.
 */
int layer_create(int dir_fd, const char *name, uint64_t size_bytes, struct err *err);

/** layer_create_within() - as layer_create(), on a disk that is larger than what may be written to
 * the layer.  @size_bytes: of files, and little more.  @disk_bytes: of the file.  Return: as
 * layer_create(). */
int layer_create_within(int dir_fd, const char *name, uint64_t size_bytes, uint64_t disk_bytes,
			struct err *err);

/**
 * layer_is_lost() - did a power loss take a layer before any of it was on the disk?
 *
 * A lost layer has its name, and is short, or reads as zeros.  A layer that a guest has ever
 * flushed is whole, as a flush writes all of the file.  So a lost one held nothing that anybody was
 * told is safe, and is to be made anew.
 *
 * Return: 1 when it is lost; 0 when not; -errno.
 */
int layer_is_lost(int fd);
