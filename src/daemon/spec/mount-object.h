/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/mount-point.h"

/**
 * mount_object_read() - read one of docker's "Mounts"
 * @ret: empty; mount_point_reset(), also after a failure
 *
 * Options of a tmpfs are looked at where it is made (tmpfs.h).
 *
 * Return: 0; -EINVAL, -EBADMSG, -EOPNOTSUPP with docker's message where it has one; -ENOMEM.
 */
int mount_object_read(const json_t *mount, struct mount_point *ret, struct err *err);
