/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/**
 * container_start() - boot a machine and run the container's process in it
 *
 * Return: 0 when it runs; -EALREADY when it runs already; -ENOENT when it is removed; -EINVAL when
 * the process cannot be executed; -errno; with a message.
 */
int container_start(struct container *c, struct err *err);

/**
 * container_start_again() - as container_start(), for a restart policy
 *
 * Nothing happens when somebody started, stopped or removed the container meanwhile.
 *
 * Return: 0; as container_start().
 */
int container_start_again(struct container *c, struct err *err);
