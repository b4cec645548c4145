/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * modules_load() - load the kernel modules of the initramfs, in the order of its list
 * @dir: folder with "list" (one file name a line) and the files; empty or absent is fine
 *
 * A module that is loaded already is no error.  Files are removed once loaded, to give their memory
 * back.
 *
 * Return: 0; -errno of the first module that failed; those after it are tried all the same.
 */
int modules_load(const char *dir, struct err *err);
