/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* Settings below /proc/sys/net, which are those of this process's network namespace. */

/** sysctl_set() - @name: "ipv4/ip_forward".  Return: 0; -errno: -ENOENT where the kernel has no
 * such setting. */
int sysctl_set(const char *name, int value);

/** sysctl_get() - Return: 0; -EINVAL for what is no whole number; -errno. */
int sysctl_get(const char *name, int *ret);
