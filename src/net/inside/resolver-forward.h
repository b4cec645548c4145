/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"

/** resolver_forward() - have the relay lead to the host's resolver @i, by UDP and TCP, from port
 * NAMES_SERVER_PORT + @i of loopback in moat's namespace.  Return: 0, also where it does so
 * already; -errno. */
int resolver_forward(struct keeper *k, uint32_t i);
