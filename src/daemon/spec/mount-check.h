/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* What all the ways to ask for a mount have in common. */

/* Docker shows it for what SELinux would be told of a volume. */
#define MOUNT_VOLUME_MODE "z"

/** mount_check_destination() - a path in the container as it is kept, without "." and "..".  @ret:
 * owned. Return: 0; -EINVAL with docker's message; -ENOMEM. */
int mount_check_destination(const char *path, char **ret, struct err *err);

/** mount_check_propagation() - may mounts propagate so?  Return: 0; -EINVAL, -EOPNOTSUPP with a
 * message. */
int mount_check_propagation(const char *word, struct err *err);

/** mount_check_driver() - is there such a driver of volumes?  @name: NULL or "" for any.  Return:
 * 0; -EINVAL with docker's message. */
int mount_check_driver(const char *name, struct err *err);
