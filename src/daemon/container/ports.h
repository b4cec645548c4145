/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* Which ports of a container are published, as its HostConfig says. */

/** container_ports_bind() - a start begins, and its networks are known: have the ports.  Return: 0;
 * as ports_bind(), with a message. */
int container_ports_bind(struct container *c, struct err *err);

/** container_ports_found() - it runs since before this moatd */
void container_ports_found(struct container *c);
