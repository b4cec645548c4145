/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* A kernel and its modules; absolute paths, owned, as moatd may run in another folder. */
struct kernel_source {
	char *kernel, *modules;
};

void kernel_source_reset(struct kernel_source *s);

/**
 * kernel_source_find() - find the kernel that a user names by a path
 * @path:    a kernel, or a folder made by fetch-kernel or build-kernel
 * @modules: their folder; NULL or "": beside the kernel where @path is a folder, else none
 * @ret:     empty; kernel_source_reset(), also on failure
 *
 * Return: 0; -ENOENT, -errno with a message.
 */
int kernel_source_find(const char *path, const char *modules, struct kernel_source *ret,
		       struct err *err);
