/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "oci/options.h"

/**
 * oci_tmpfs_add() - have a memory file system mounted
 * @path:    absolute
 * @options: "nosuid", "size=64m", …; a later one wins over an earlier one
 *
 * Return: 0; -EINVAL with a message for an option that tmpfs does not know; -ENOMEM.
 */
int oci_tmpfs_add(struct oci_options *o, const char *path, char *const *options, struct err *err);

/**
 * oci_bind_options() - convert options of a bind mount: flags that one place of a file system can
 * have
 * @ret_flags: OCI_MOUNT_FLAGS (oci/mounts.h)
 *
 * Options about propagation are accepted and ignored.
 *
 * Return: 0; -EINVAL with a message for another option.
 */
int oci_bind_options(char *const *options, uint64_t *ret_flags, struct err *err);

/** oci_mount_flag_next() - take a flag out of flags of mount(2).  Return: its option; NULL when no
 * flag with an option is left. */
const char *oci_mount_flag_next(uint64_t *flags);
