/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/cgroup.h"
#include "link/query.h"

/* What a container uses, and which processes run in it, by its cgroup and /proc. */

/** usage_stats() - read the figures; those that cannot be found out are 0 */
void usage_stats(const struct cgroup *cg, struct link_stats *ret);

/**
 * usage_procs() - list the processes of the container, at most LINK_PROCS_MAX
 * @ret: owned array, free(3)
 *
 * Return: 0; -ENOMEM; -errno where the cgroup cannot be read.
 */
int usage_procs(const struct cgroup *cg, struct link_proc **ret, size_t *ret_n);

/** usage_droppable() - bytes of memory that cache files which are on disks, too, and not mapped */
uint64_t usage_droppable(const struct cgroup *cg);
