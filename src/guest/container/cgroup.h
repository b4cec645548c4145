/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "link/setup.h"

/* The cgroup (v2) all processes of the container are in.  moat-init itself stays in the root
 * cgroup. */
struct cgroup {
	int fd;		/* its folder, for clone3(CLONE_INTO_CGROUP) */
	int events_fd;	/* memory.events; -1 where the kernel has no memory controller */
	int devices_fd; /* the filter on its devices; -1 without one */
};

/** cgroup_mount() - mount cgroup2 at /cgroup with its controllers.  Return: 0; -errno. */
int cgroup_mount(struct err *err);

/**
 * cgroup_make() - make the container's cgroup, and a cgroup namespace
 * @ret: descriptors owned by the caller, cgroup_remove()
 *
 * The calling process and all it forks are in a cgroup namespace whose root is the
 * container's cgroup.
 *
 * Return: 0; -errno.
 */
int cgroup_make(struct cgroup *ret, struct err *err);

/** cgroup_remove() - remove the container's cgroup, in which nothing runs any more.  Return: 0;
 * -EBUSY. */
int cgroup_remove(struct cgroup *cg, struct err *err);

/** cgroup_limit() - set the limits of SETUP.  Return: 0; -errno. */
int cgroup_limit(const struct cgroup *cg, const struct link_setup *s, struct err *err);

/** cgroup_freeze() - let the container's processes stand still, or go on.  Return: 0; -errno. */
int cgroup_freeze(const struct cgroup *cg, bool on);

/** cgroup_set() - set one more limit.  @assignment: "cpu.weight=39".  Return: 0; -errno. */
int cgroup_set(const struct cgroup *cg, const char *assignment, struct err *err);

/**
 * cgroup_change() - as cgroup_set(), for a container that runs
 *
 * A limit of memory that is more than can be given back is refused, as the kernel would kill
 * processes to keep it.
 *
 * Return: 0; -EBUSY; -errno.
 */
int cgroup_change(const struct cgroup *cg, const char *assignment, struct err *err);

/** cgroup_oom_kills() - processes killed for want of memory so far; 0 when that is not known */
uint64_t cgroup_oom_kills(const struct cgroup *cg);
