/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/mount-point.h"
#include "daemon/volume/volumes.h"

/* Volumes as containers use them.  @id is a container's everywhere. */

/**
 * volume_use_take() - have the volumes of a new container, and make those that are missing
 * @m: volumes without a name get one
 *
 * What is made without a name is the container's own: it goes with a container that never came to
 * be, whatever crashes, as with one that is removed together with its volumes.
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP, -errno with a message; nothing is taken then.
 */
int volume_use_take(struct volumes *vs, const char *id, struct mount_points *m, struct err *err);

/** volume_use_find() - a container that is read from the database has these volumes.  When moatd
 * starts, before volume_use_tidy(). */
void volume_use_find(struct volumes *vs, const char *id, const struct mount_points *m);

/** volume_use_tidy() - all containers are there: volumes of those that are not are removed */
void volume_use_tidy(struct volumes *vs);

/** volume_use_release() - the container is removed.  @with_volumes: those that nobody named go with
 * it, unless another container has them */
void volume_use_release(struct volumes *vs, const char *id, const struct mount_points *m,
			bool with_volumes);
