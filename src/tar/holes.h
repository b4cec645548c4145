/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * tar_write_holes() - write data into a new file, which is one hole, and leave zeros out
 * @fd: borrowed
 *
 * Blocks of zeros stay holes; the rest is written in as few pieces as possible.
 *
 * Return: 0; -errno of pwrite(2).
 */
int tar_write_holes(int fd, const char *data, size_t len, uint64_t offset);
