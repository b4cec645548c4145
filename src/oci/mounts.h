/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

/*
 * Folders, files and sockets of the host in a container.  A plain structure without JSON, because
 * the guest uses it too (it travels over the guest link, in the options of a container).  Each is a
 * share of its own at the container's file server, and its place in the list is the share's number.
 * `struct oci_mounts m = { 0 };` is valid and has none.
 */

#define OCI_MOUNTS_MAX	   256u
#define OCI_MOUNT_PATH_MAX 4096u /* bytes, with the NUL; the kernel's limit */

struct oci_mount {
	char *source;	   /* absolute, on the host; "" in the guest, which does not learn it */
	char *destination; /* absolute, in the container; without "..", but maybe a link */
	uint64_t flags;	   /* OCI_MOUNT_FLAGS of mount(2) */
	bool copy; /* the image's content at the destination is first copied into the source */
};

/* Flags of mount(2) that each place of a file system can have for itself. */
#define OCI_MOUNT_FLAGS                                                                            \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | \
	 MS_STRICTATIME)

struct oci_mounts {
	struct oci_mount *list;
	size_t n;
};

/** oci_mounts_reset() - free the list */
void oci_mounts_reset(struct oci_mounts *m);

/**
 * oci_mounts_add() - append a mount
 * @source:      "": not known
 * @destination: as in struct oci_mount, like the other parameters
 *
 * Return: 0; -EINVAL for a path that is not absolute, has a ".." or is too long, or for other
 * flags; -E2BIG past OCI_MOUNTS_MAX; -ENOMEM; @m as it was after each.
 */
int oci_mounts_add(struct oci_mounts *m, const char *source, const char *destination,
		   uint64_t flags, bool copy);

/** oci_mounts_put() - append the list to a message (docs/LINK.md), without sources.  Return: 0;
 * -ENOMEM. */
int oci_mounts_put(struct buf *b, const struct oci_mounts *m);

/**
 * oci_mounts_get() - take a list off the front of a message
 * @ret: empty; oci_mounts_reset(), also after a failure
 *
 * Return: 0; -EBADMSG; -ENOMEM.
 */
int oci_mounts_get(struct wire_view *v, struct oci_mounts *ret);
