/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "oci/options.h"

/* Places where a container has file systems beside the usual ones: its tmpfs, and its mounts of the
 * host's. */

struct place {
	const char *path;	       /* borrowed, as are the members below */
	const struct oci_tmpfs *tmpfs; /* NULL: a share */
	size_t share;		       /* index of the share */
	bool copy;
};

/** places_sort() - list all places in the order in which they can be mounted.  Pure.  @ret: owned.
 * Return: 0; -ENOMEM. */
int places_sort(const struct oci_options *o, struct place **ret, size_t *ret_n);

/**
 * places_mount() - mount all places, by the container's first process in its root
 * @share_fds: one for each of the options' mounts (guest/share/shares.h); borrowed
 *
 * Missing folders are made, and missing files where a file is mounted.
 *
 * Return: 0; -errno with a message.
 */
int places_mount(const struct oci_options *o, const int *share_fds, struct err *err);
