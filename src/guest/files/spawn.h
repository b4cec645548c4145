/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "guest/process/spawn.h"
#include "link/files.h"

/**
 * files_spawn() - fork a process that reads or writes a container's files
 *
 * It runs in moat-init's own pid namespace and cgroup, where the container's processes do not see
 * it.  The status descriptor tells whether the operation can begin; its output is described in
 * docs/LINK.md.
 *
 * Return: 0; -ESRCH when the container is over; -errno.
 */
int files_spawn(const struct container *c, const struct link_files *f, struct spawned *ret,
		struct err *err);
