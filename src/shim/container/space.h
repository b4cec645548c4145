/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct container;
struct source;

/*
 * The writable layer is a sparse file, and the guest believes in a disk of its full size.  So the
 * guest is told how much the host's disk has left, while that is less: then a write that needs more
 * fails in the guest, as on any full disk, and what was written before, its file system's journal
 * above all, still gets to the host's.  An I/O error would make the guest's file system read-only
 * for the rest of the machine's life.
 */
struct space_watch {
	struct source *timer;
	uint64_t told_bytes; /* UINT64_MAX: there is enough */
	bool full;	     /* nothing is left, and watchers were told */
};

/** space_begin() - tell the guest what its disk has left, now and whenever that changes.  Return:
 * 0; -errno. */
int space_begin(struct container *c);

/**
 * space_left() - what a layer may still grow by
 * @avail_bytes, @total_bytes: of the host's file system
 * @layer_bytes: the layer's size
 *
 * Some of it stays for what machines have on the way to their disks, and for moat itself.
 *
 * Return: bytes; UINT64_MAX where that is as much as a layer can need.
 */
uint64_t space_left(uint64_t avail_bytes, uint64_t total_bytes, uint64_t layer_bytes);
