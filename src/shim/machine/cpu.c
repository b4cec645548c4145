/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A guest is not told when its processors did not run: it counts that as its
 * processes' time, and nothing of what the engine does for them.  A container has its machine for
 * itself, so what the host reckons of the engine is the container's, but for what a spare machine
 * has done before it had one.
 */
#include "shim/machine/cpu.h"

#include <time.h>

#include "base/macro.h"
#include "shim/machine/life.h"

uint64_t cpu_of_process(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
		return 0;
	return (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / NSEC_PER_USEC;
}

uint64_t cpu_since_lease(const struct life *l)
{
	uint64_t usec = cpu_of_process(l->machine.pid);

	return usec > l->cpu_before_usec ? usec - l->cpu_before_usec : 0;
}

void cpu_charge(struct link_stats *s, uint64_t host_usec)
{
	double user = s->cpu_usec > 0 ? (double)s->cpu_user_usec / (double)s->cpu_usec : 0;

	if (host_usec == 0)
		return;
	s->cpu_usec = host_usec;
	s->cpu_user_usec = user < 1 ? (uint64_t)(user * (double)host_usec) : host_usec;
	s->cpu_system_usec = host_usec - s->cpu_user_usec;
}
