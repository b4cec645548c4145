/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/**
 * shim_event() - turn an event of a shim's (docs/CONTROL.md) into what it means for its container
 *
 * Return: 0; 1 when the container has ended, and no other event counts.
 */
int shim_event(struct container *c, const struct control_event *event);
