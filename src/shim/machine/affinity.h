/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/**
 * affinity_set() - keep a process, with all its threads and what they start, to some processors
 * @pid:    of a child that is not reaped yet; 0: this process, which has one thread
 * @cpuset: "0-2,7"
 *
 * Return: 0; -errno with a message.
 */
int affinity_set(pid_t pid, const char *cpuset, struct err *err);
