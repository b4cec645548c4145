/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/**
 * space_limit() - let the writable layer grow by @bytes at most, whatever the size of its disk
 * @dir:   the container's folder
 * @slot:  of its disks
 * @bytes: UINT64_MAX: no limit
 *
 * Return: 0; -errno.
 */
int space_limit(const char *dir, unsigned slot, uint64_t bytes);
