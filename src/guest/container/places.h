/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "oci/options.h"

/* What a container has of file systems beside the usual: its tmpfs and its mounts of the host's. */

struct place {
	const char *path;	       /* borrowed, and so is what follows */
	const struct oci_tmpfs *tmpfs; /* NULL: it is a share */
	size_t share;		       /* its number */
	bool copy;
};

/** places_sort() - all there are, in the order in which they can be mounted.  Pure.  @ret: owned.
 * Return: 0; -ENOMEM. */
int places_sort(const struct oci_options *o, struct place **ret, size_t *ret_n);

/**
 * places_mount() - in the container's first process, in its root: mount them all
 * @share_fds: of each of the options' mounts (guest/share/shares.h); borrowed
 *
 * Folders, and files for files, that are missing are made.
 *
 * Return: 0; -errno with a message.
 */
int places_mount(const struct oci_options *o, const int *share_fds, struct err *err);
