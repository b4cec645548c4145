/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/**
 * shim_event() - apply an event of a shim's (docs/CONTROL.md) to its container
 *
 * Return: 0; 1 when the container has ended, and no other event counts.
 */
int shim_event(struct container *c, const struct control_event *event);
