/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/** container_remove() - @force: also when it runs.  Return: 0; -EBUSY with docker's message; -errno
 * with a message. */
int container_remove(struct container *c, bool force, struct err *err);
