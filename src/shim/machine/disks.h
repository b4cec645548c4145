/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* What goes into one slot of a machine: the disks of a container. */
struct slot {
	bool used;
	int dir_fd;	   /* the container's folder; borrowed */
	const char *image; /* absolute path; borrowed */
	bool readonly;	   /* no writable layer: the disk for it stays blank */
};

struct slot_disks {
	int image_fd, layer_fd; /* -1: blank */
};

#define SLOT_DISKS_NONE ((struct slot_disks){ -1, -1 })

/**
 * disks_open() - open an image and a writable layer, which is made where it is missing
 * @layer_bytes: size of a layer that is made
 * @ret:         disks_close()
 *
 * The layer is locked: no other machine can have it while somebody has the open file.
 *
 * Return: 0; -EBUSY where another machine has the layer; -errno with a message.
 */
int disks_open(const struct slot *slot, uint64_t layer_bytes, struct slot_disks *ret,
	       struct err *err);

void disks_close(struct slot_disks *d);

/** disks_fit() - have both the sizes that every machine's disks have? */
bool disks_fit(const struct slot_disks *d, uint64_t layer_bytes);
