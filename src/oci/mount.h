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
