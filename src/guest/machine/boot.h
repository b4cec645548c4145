/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * boot_mounts() - mount devtmpfs, proc and sysfs, and open the console as standard input, output
 * and error
 *
 * Return: 0; -errno.
 */
int boot_mounts(struct err *err);

/**
 * boot_new_root() - change from the initramfs to a tmpfs of moat-init's own
 *
 * pivot_root(2), which every container needs, cannot leave the initramfs.  The new root has the
 * folders that moat-init expects: cgroup, c for containers, s for their shares.
 *
 * Return: 0; -errno.
 */
int boot_new_root(struct err *err);

/**
 * boot_settings() - set what is the same for every machine: disks' read-ahead, how many files
 * containers may have open, that moat-init is not killed for memory
 *
 * Return: 0; -errno.
 */
int boot_settings(struct err *err);
