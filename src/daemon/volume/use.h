/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/mount-point.h"
#include "daemon/volume/volumes.h"

/* Volumes as containers use them.  @id is always a container's. */

/**
 * volume_use_take() - take the volumes of a new container, and make those that are missing
 * @m: volumes without a name get one
 *
 * A volume made without a name is the container's own: it is removed with it, and also where a
 * crash keeps the container from being made.
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP, -errno with a message; nothing is taken then.
 */
int volume_use_take(struct volumes *vs, const char *id, struct mount_points *m, struct err *err);

/** volume_use_find() - note the volumes of a container read from the database.  When moatd starts,
 * before volume_use_tidy(). */
void volume_use_find(struct volumes *vs, const char *id, const struct mount_points *m);

/** volume_use_tidy() - all containers were read: remove volumes whose owner does not exist */
void volume_use_tidy(struct volumes *vs);

/** volume_use_release() - a container is removed: give up its volumes.  @with_volumes: those that
 * nobody named are removed, unless another container has them */
void volume_use_release(struct volumes *vs, const char *id, const struct mount_points *m,
			bool with_volumes);
