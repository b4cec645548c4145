/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/mount-point.h"
#include "daemon/volume/volumes.h"

/* Filling empty volumes from images.  @id is always a container's, and @m its mounts. */

/** volume_fill_claim() - claim a container's volumes, so that nobody else fills them.  Return: 0;
 * -EBUSY with a message when another container does for long. */
int volume_fill_claim(struct volumes *vs, const char *id, const struct mount_points *m,
		      struct err *err);

/** volume_fill_begin() - begin to fill a claimed volume: from now on its row says that it may be
 * incomplete.  Return: 0; -ENOSPC, -EIO with a message. */
int volume_fill_begin(struct volumes *vs, const char *name, struct err *err);

/** volume_fill_give_up() - give up the claim of a volume that is not to be filled */
void volume_fill_give_up(struct volumes *vs, const char *id, const char *name);

/**
 * volume_fill_settle() - the end of a start, for those that wait
 * @filled: the container's root is mounted, and so its volumes are filled
 */
void volume_fill_settle(struct volumes *vs, const char *id, const struct mount_points *m,
			bool filled);
