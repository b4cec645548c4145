/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/**
 * shim_event() - turn an event of a shim's (docs/SHIM.md) into what it means for its container
 *
 * Events that are not known are passed over.
 *
 * Return: 0; 1 when the container has ended, and no other event counts; -EBADMSG with a message.
 */
int shim_event(struct container *c, const json_t *event, struct err *err);
