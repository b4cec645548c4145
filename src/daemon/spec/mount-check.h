/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* Checks that all ways to ask for a mount share. */

/* docker shows this for volumes that SELinux would label. */
#define MOUNT_VOLUME_MODE "z"

/** mount_check_destination() - clean a path in the container of "." and "..".  @ret: owned.
 * Return: 0; -EINVAL with docker's message; -ENOMEM. */
int mount_check_destination(const char *path, char **ret, struct err *err);

/** mount_check_propagation() - is this propagation possible?  Return: 0; -EINVAL, -EOPNOTSUPP with
 * a message. */
int mount_check_propagation(const char *word, struct err *err);

/** mount_check_driver() - is there such a volume driver?  @name: NULL or "" for any.  Return: 0;
 * -EINVAL with docker's message. */
int mount_check_driver(const char *name, struct err *err);
