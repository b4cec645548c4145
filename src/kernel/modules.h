/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct wanted_module {
	const char *name;
	bool optional; /* a kernel without it will do */
};

/**
 * modules_resolve() - what to load, and in which order, to have some modules
 * @dep:     content of modules.dep
 * @builtin: content of modules.builtin
 * @wanted:  the last has no name
 * @ret:     paths as in modules.dep, every one after those it needs; owned, strv_free()
 *
 * Pure.  Modules that are built in are left out.
 *
 * Return: 0; -ENOENT with a message naming the module that is in neither; -ELOOP; -ENOMEM.
 */
int modules_resolve(const char *dep, const char *builtin, const struct wanted_module *wanted,
		    char ***ret, struct err *err);

/** modules_name() - "virtio_ring" of "kernel/…/virtio-ring.ko.xz".  Return: owned; NULL when out of
 * memory. */
char *modules_name(const char *path);
