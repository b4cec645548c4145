/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * boot_mounts() - devtmpfs, proc and sysfs, and the console as standard input, output and error
 *
 * Return: 0; -errno.
 */
int boot_mounts(struct err *err);

/**
 * boot_new_root() - go from the initramfs to a tmpfs of moat-init's own
 *
 * The initramfs cannot be left with pivot_root(2), which every container will do.  The new
 * root has the folders the rest of moat-init expects: cgroup, c for containers, s for their
 * shares.
 *
 * Return: 0; -errno.
 */
int boot_new_root(struct err *err);

/**
 * boot_settings() - what is the same for every machine: its disks' read-ahead, how many files
 * containers may have open, never killed for memory
 *
 * Return: 0; -errno.
 */
int boot_settings(struct err *err);
