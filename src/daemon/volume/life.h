/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/volume/volumes.h"

/* Making and removing volumes. */

struct volume_request {
	const char *name;	  /* NULL or "": choose one */
	json_t *labels, *options; /* objects of texts; NULL for none; borrowed */
};

/**
 * volumes_create() - make a volume, or give back the one that exists, unchanged
 * @ret: owned, volume_view_reset()
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP, -errno with a message.
 */
int volumes_create(struct volumes *vs, const struct volume_request *rq, struct volume_view *ret,
		   struct err *err);

/**
 * volumes_remove() - remove a volume with all that is in it
 * @ret_users: with -EBUSY, the ids of the containers that have it; owned; NULL: none
 *
 * Return: 0; -ENOENT with docker's message; -EBUSY; -errno with a message.
 */
int volumes_remove(struct volumes *vs, const char *name, char ***ret_users, struct err *err);
