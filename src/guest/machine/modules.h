/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * modules_load() - load the kernel modules the initramfs brought, in the order of its list
 * @dir: folder with "list" (one file name a line) and the files; empty or absent is fine
 *
 * A module that is there already is no error.  Files are removed once loaded, to give
 * their memory back.
 *
 * Return: 0; -errno for the first module that failed, with those after it tried all the same.
 */
int modules_load(const char *dir, struct err *err);
