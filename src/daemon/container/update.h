/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "oci/runtime.h"

/**
 * container_update() - give a container another restart policy and other limits
 * @body:         docker's update request
 * @ret_warnings: strv_free(), on failure too
 *
 * Return: 0; -EINVAL, -EBADMSG, -EOPNOTSUPP with a message; -errno with a message.
 */
int container_update(struct container *c, const json_t *body, char ***ret_warnings,
		     struct err *err);
