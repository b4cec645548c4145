/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/**
 * oci_tmpfs_options() - options of a tmpfs as mount(2) takes them
 * @options:   "nosuid", "size=64m", …; a later one wins over an earlier one
 * @ret_flags: MS_…
 * @ret_data:  owned; what is the file system's own, joined by commas
 *
 * Return: 0; -EINVAL with a message for one that tmpfs does not know; -ENOMEM.
 */
int oci_tmpfs_options(char *const *options, uint64_t *ret_flags, char **ret_data, struct err *err);

/**
 * oci_bind_options() - options of a bind mount: flags that one place of a file system can have
 * @ret_flags: OCI_MOUNT_FLAGS (oci/mounts.h)
 *
 * Those that say how mounts propagate are taken and mean nothing.
 *
 * Return: 0; -EINVAL with a message for another option.
 */
int oci_bind_options(char *const *options, uint64_t *ret_flags, struct err *err);

/** oci_mount_flag_next() - take one flag out of those of mount(2).  Return: its option; NULL when
 * none is left that has one. */
const char *oci_mount_flag_next(uint64_t *flags);
