/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "tar/unpack.h"

/* Finds the places of members: their paths, and the folders these lead through. */

/**
 * tar_open_parent() - open the folder that a path lies in; it is made if it is missing
 * @ret_name: the last part, borrowed from @path
 * Return: a descriptor, owned; -errno with a message.
 */
int tar_open_parent(const struct tar_unpack *u, const char *path, const char **ret_name,
		    struct err *err);

/**
 * tar_member_path() - get the path that a member goes to
 * @ret: relative, without "." and empty parts, "" for the folder itself; owned
 *
 * Return: 0; -EBADMSG with a message where it may not be there; -ENOMEM.
 */
int tar_member_path(const struct tar_unpack *u, const char *name, char **ret, struct err *err);
