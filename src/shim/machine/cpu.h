/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "link/query.h"

struct life;

/** cpu_of_process() - processor time that a process and all its threads have had on the host, in
 * µs; 0 where that cannot be told */
uint64_t cpu_of_process(pid_t pid);

/** cpu_since_lease() - processor time of the engine's process, in µs, since the machine was given a
 * container: time before, when it was made ready for any, is nobody's.  Return: 0 where that cannot
 * be told */
uint64_t cpu_since_lease(const struct life *l);

/** cpu_charge() - set a guest's times to the host's, in the guest's own proportion of user and
 * system.  Pure.  @host_usec: 0 leaves them as they are */
void cpu_charge(struct link_stats *s, uint64_t host_usec);
