/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* Settings below /proc/sys/net, of this process's network namespace. */

/** sysctl_set() - write a setting.  @name: "ipv4/ip_forward".  Return: 0; -errno: -ENOENT where the
 * kernel has no such setting. */
int sysctl_set(const char *name, int value);

/** sysctl_get() - read a setting.  Return: 0; -EINVAL where it is no whole number; -errno. */
int sysctl_get(const char *name, int *ret);
