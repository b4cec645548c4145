/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/mount-point.h"
#include "daemon/volume/volumes.h"

/*
 * Filling empty volumes from images.  @id is a container's everywhere, @m what it mounts.
 */

/** volume_fill_claim() - nobody else fills its volumes from now on.  Return: 0; -EBUSY with a
 * message when another container does for long. */
int volume_fill_claim(struct volumes *vs, const char *id, const struct mount_points *m,
		      struct err *err);

/** volume_fill_begin() - one that is claimed is to be filled: from now on its row says that it may
 * not be complete.  Return: 0; -ENOSPC, -EIO with a message. */
int volume_fill_begin(struct volumes *vs, const char *name, struct err *err);

/** volume_fill_give_up() - one that is claimed is not to be filled */
void volume_fill_give_up(struct volumes *vs, const char *id, const char *name);

/**
 * volume_fill_settle() - the end of a start, for those that wait
 * @filled: the container's root is mounted, and so what it was to fill is filled
 */
void volume_fill_settle(struct volumes *vs, const char *id, const struct mount_points *m,
			bool filled);
