/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "link/query.h"

struct life;

/** cpu_of_process() - processor time of the host that a process has had, all its threads, in µs; 0
 * where that cannot be told */
uint64_t cpu_of_process(pid_t pid);

/** cpu_since_lease() - of the engine's process, in µs, since the machine was given a container:
 * what it had before, to be ready for any, is nobody's.  Return: 0 where that cannot be told */
uint64_t cpu_since_lease(const struct life *l);

/** cpu_charge() - have a guest's times be those of the host, in the guest's own proportion of user
 * and system.  Pure.  @host_usec: 0 leaves them as they are */
void cpu_charge(struct link_stats *s, uint64_t host_usec);
