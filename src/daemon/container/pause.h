/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/**
 * container_pause(), container_unpause() - stop the machine's vCPUs, and let them go on
 *
 * Return: 0 when it is so; -EBUSY with docker's message when it does not run, or there is nothing
 * to do; -errno with a message.
 */
int container_pause(struct container *c, struct err *err);
int container_unpause(struct container *c, struct err *err);
