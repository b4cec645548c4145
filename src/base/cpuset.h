/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sched.h>

/**
 * cpuset_parse() - a list of processors as "0-2,7"
 * @ret: untouched on failure
 *
 * Return: 0; -EINVAL; -ERANGE for one beyond CPU_SETSIZE.
 */
int cpuset_parse(const char *text, cpu_set_t *ret);
