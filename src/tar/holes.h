/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * tar_write_holes() - write into a new file, which is one hole, all but zeros
 * @fd: borrowed
 *
 * Blocks of zeros stay holes; the rest is written in as few pieces as that takes.
 *
 * Return: 0; -errno of pwrite(2).
 */
int tar_write_holes(int fd, const char *data, size_t len, uint64_t offset);
