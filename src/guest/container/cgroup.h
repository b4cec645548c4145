/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "link/setup.h"

/*
 * The cgroup (v2) of a container.  All its processes are in it, or in cgroups that the container
 * has made below it; once it has controllers for these, it can hold no process itself.  moat-init
 * stays in the root cgroup.
 */
struct cgroup {
	char path[24];
	int fd;		/* its folder, for clone3(CLONE_INTO_CGROUP) */
	int events_fd;	/* memory.events; -1 where the kernel has no memory controller */
	int devices_fd; /* filter on the container's devices; -1: none */
};

#define CGROUP_NONE ((struct cgroup){ "", -1, -1, -1 })

/** cgroup_mount() - mount cgroup2 at /cgroup with its controllers.  Return: 0; -errno. */
int cgroup_mount(struct err *err);

/**
 * cgroup_make() - make a container's cgroup
 * @ret:  cgroup_remove(), also after a failure
 * @name: of its folder
 *
 * Return: 0; -errno.
 */
int cgroup_make(struct cgroup *ret, unsigned name, struct err *err);

/** cgroup_enter(), cgroup_leave() - move the calling process into the cgroup, or into the root
 * cgroup.  Return: 0; -errno. */
int cgroup_enter(const struct cgroup *cg);
int cgroup_leave(void);

/**
 * cgroup_remove() - remove a container's cgroup, and those the container made below it
 *
 * Nothing runs in them any more.
 *
 * Return: 0; -EBUSY; -errno.
 */
int cgroup_remove(struct cgroup *cg, struct err *err);

/**
 * cgroup_find() - find where below a container's cgroup a process is
 * @pid: as moat-init sees it
 * @ret: path below the cgroup, "." for the cgroup itself; of @size bytes
 *
 * The container names its cgroups, and may have removed the path by now.
 *
 * Return: 0; -ESRCH for a process that is not the container's, or is over; -ENAMETOOLONG; -errno.
 */
int cgroup_find(const struct cgroup *cg, pid_t pid, char *ret, size_t size);

/** cgroup_open_of() - open the folder of the cgroup that cgroup_find() finds.  @ret_fd: owned.
 * Return: 0; as cgroup_find(); -errno. */
int cgroup_open_of(const struct cgroup *cg, pid_t pid, int *ret_fd);

/** cgroup_limit() - set the limits every container can have.  Return: 0; -errno. */
int cgroup_limit(const struct cgroup *cg, const struct link_container *c, struct err *err);

/** cgroup_freeze() - have the container's processes stand still, or go on.  Return: 0; -errno. */
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

/** cgroup_oom_kills() - how many processes were killed for want of memory so far; 0 where that is
 * not known */
uint64_t cgroup_oom_kills(const struct cgroup *cg);
