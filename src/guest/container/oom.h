/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"

/** oom_watch() - tell the host whenever processes of a container are killed for want of memory.
 * Return: 0; -errno with a message. */
int oom_watch(struct container *c, struct err *err);

/** oom_tell() - send OOM if processes were killed since the last one.  Return: 0; -errno. */
int oom_tell(struct container *c);
