/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/** memory_of_process() - bytes of host memory, with the process's share of what it has in common
 * with others (PSS); 0 where that cannot be told */
int64_t memory_of_process(pid_t pid);
