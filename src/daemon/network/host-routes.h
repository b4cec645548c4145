/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/ip.h"

/**
 * host_routes_each() - call @fn for each network that this host has a route to, in any table
 * @alias: routes by links of that alias are left out
 * @fn: @interface: of the route; "" where it names none.  A negative errno ends the walk
 *
 * Default routes, and those of the kernel's own table (local and broadcast addresses), are left
 * out.
 *
 * Return: 0; what @fn returned; -errno with a message.
 */
int host_routes_each(const char *alias,
		     int (*fn)(const struct ip_net *net, const char *interface, void *arg),
		     void *arg, struct err *err);
