/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/container/container.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "guest/container/devices.h"
#include "guest/container/rootfs.h"

#define FREED_BYTES MIB(4) /* more than a small container has freed at its end */

int container_make(struct machine *m, struct err *err)
{
	int r = cgroup_make(&m->cgroup, err);

	if (r == 0)
		r = devices_restrict(m->cgroup.fd, &m->cgroup.devices_fd, err);
	if (r == -ENOTSUP)
		dprintf(STDERR_FILENO, "moat-init: %s\n", err->msg);
	else if (r < 0)
		return r;
	if (unshare(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return err_errno(err, -errno, "make the container's namespaces");
	return mounts_prepare(&m->mounts, err);
}

/* A pid namespace whose first process has ended takes no more; a new one is made from our own. */
static int leave_pid_namespace(struct err *err)
{
	cleanup_close int fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWPID) < 0)
		return err_errno(err, -errno, "leave the container's pid namespace");
	return 0;
}

/*
 * An emulator notices each write to memory that holds code it has translated.  What a container's
 * programs leave behind is such memory, and the next one would get it first, so it is overwritten
 * here, where nobody waits: each processor takes what it has lately freed, and gives it back.
 */
static void wear_out_memory(void)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) == 0) {
			void *at = mmap(NULL, FREED_BYTES, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

			if (at != MAP_FAILED)
				munmap(at, FREED_BYTES);
		}
	}
	sched_setaffinity(0, sizeof(all), &all);
}

int container_unmake(struct machine *m, struct err *err)
{
	int r;

	mounts_discard(&m->mounts);
	r = rootfs_release(err);
	if (r == 0)
		r = cgroup_remove(&m->cgroup, err);
	if (r == 0)
		r = leave_pid_namespace(err);
	link_setup_reset(&m->setup);
	oci_options_reset(&m->options);
	m->has_options = false;
	m->oom_told = 0;
	m->had_first = false;
	wear_out_memory();
	return r;
}
