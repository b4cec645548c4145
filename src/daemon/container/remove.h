/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/** container_remove() - remove a container.  @force: even if it runs.  @with_volumes: with the
 * volumes that nobody named.  Return: 0; -EBUSY with docker's message; -errno with a message. */
int container_remove(struct container *c, bool force, bool with_volumes, struct err *err);
