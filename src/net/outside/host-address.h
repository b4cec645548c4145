/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "net/netlink/netlink.h"

/**
 * host_address() - the address by which this host is known to others: what it sends from to the
 * world, or one of those it has
 *
 * Return: 0; -EADDRNOTAVAIL where it has none but on loopback; -errno.
 */
int host_address(struct netlink *nl, uint8_t family, struct ip *ret);
