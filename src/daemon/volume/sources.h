/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/mount-point.h"
#include "daemon/volume/volumes.h"

/* The source of a mount point, opened on the host. */
struct volume_source {
	char *path;
	int fd; /* O_PATH; -1: it is a tmpfs */
	bool read_only;
	bool copy; /* the image's content is to be copied into it */
};

/* One for each mount point, in their order; a tmpfs has none, and its fd is -1. */
struct volume_sources {
	struct volume_source *list;
	size_t n;
};

void volume_sources_reset(struct volume_sources *s);

/**
 * volume_sources_open() - open the sources of a container's mounts, for a start
 * @id:  the container's
 * @ret: owned, volume_sources_reset(); volume_fill_settle() has to follow
 *
 * Volumes to be filled are claimed for this container; others that have them wait here until that
 * is settled.
 *
 * Return: 0; -EBUSY when another container fills a volume for long; -EINVAL for one that is
 * missing; -errno; with a message, and nothing is to be settled.
 */
int volume_sources_open(struct volumes *vs, const char *id, const struct mount_points *m,
			struct volume_sources *ret, struct err *err);
