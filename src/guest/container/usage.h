/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/cgroup.h"
#include "link/query.h"

/* What the container uses, and what runs in it; out of its cgroup and /proc. */

/** usage_stats() - what cannot be found out is 0 */
void usage_stats(const struct cgroup *cg, struct link_stats *ret);

/**
 * usage_procs() - the processes of the container, at most LINK_PROCS_MAX
 * @ret: owned array, free(3)
 *
 * Return: 0; -ENOMEM; -errno where the cgroup cannot be read.
 */
int usage_procs(const struct cgroup *cg, struct link_proc **ret, size_t *ret_n);

/** usage_droppable() - bytes of memory that hold what is on disks as well, and is not mapped */
uint64_t usage_droppable(const struct cgroup *cg);
