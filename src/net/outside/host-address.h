/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "net/netlink/netlink.h"

/**
 * host_address() - find the address by which others know this host: the sender of its packets to
 * the world, or any of its own
 *
 * Return: 0; -EADDRNOTAVAIL where it has addresses on loopback only; -errno.
 */
int host_address(struct netlink *nl, uint8_t family, struct ip *ret);
