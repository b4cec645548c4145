/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/volume/volumes.h"

/* How volumes come and go. */

struct volume_request {
	const char *name;	  /* NULL or "": choose one */
	json_t *labels, *options; /* objects of texts; NULL for none; borrowed */
};

/**
 * volumes_create() - make a volume; one that is there already is given back as it is
 * @ret: owned, volume_view_reset()
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP, -errno with a message.
 */
int volumes_create(struct volumes *vs, const struct volume_request *rq, struct volume_view *ret,
		   struct err *err);

/**
 * volumes_remove() - remove a volume with all that is in it
 * @ret_users: the ids of those who use it, where that is why it is not; owned; NULL: nobody
 *
 * Return: 0; -ENOENT with docker's message; -EBUSY; -errno with a message.
 */
int volumes_remove(struct volumes *vs, const char *name, char ***ret_users, struct err *err);
