/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "tar/unpack.h"

/* Where members go: paths, the folders they lead through, and what is in the way. */

/** tar_open_parent() - the folder a path lies in, made if it is missing
 * @ret_name: the last part, borrowed from @path
 * Return: a descriptor, owned; -errno with a message. */
int tar_open_parent(const struct tar_unpack *u, const char *path, const char **ret_name,
		    struct err *err);

/** tar_open_folder() - a folder of the archive by its path.  Return: a descriptor, owned;
 * -errno. */
int tar_open_folder(const struct tar_unpack *u, const char *path);
