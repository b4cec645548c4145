/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "guest/network/netlink.h"
#include "oci/network.h"

/* What an interface is to be like, as requests to the kernel; each adds to a batch.  Pure. */

/** request_move() - bring the NIC's interface into another namespace.  @index: where it is now;
 * @ns_fd: where it goes to; @name: from then on; @carries: others are on it.  It arrives there
 * down. */
void request_move(struct netlink_batch *b, int index, int ns_fd, const char *name, bool carries);

/** request_identity() - have the NIC's interface be @i's, by MAC and, with @rename, by name.  It is
 * down then: request_up() follows. */
void request_identity(struct netlink_batch *b, int index, const struct oci_interface *i,
		      bool rename);

/** request_carrier() - have the NIC, which is no interface of a container's, carry others.  @mtu:
 * the largest of theirs */
void request_carrier(struct netlink_batch *b, int index, uint32_t mtu);

/** request_macvlan() - make an interface on the NIC.  @nic: its index; @ns_fd: where the interface
 * is to be; -1: where the NIC is */
void request_macvlan(struct netlink_batch *b, int nic, int ns_fd, const struct oci_interface *i);

/** request_delete() - take an interface on the NIC away, if it is there */
void request_delete(struct netlink_batch *b, int index, const struct oci_interface *i);

/** request_up() - bring an interface up, with @i's MTU.  @has_ipv6: the kernel gives it no
 * addresses of its own */
void request_up(struct netlink_batch *b, int index, const struct oci_interface *i, bool has_ipv6);

/** request_drop() - take away the addresses and routes that @now has and @wanted has not */
int request_drop(struct netlink_batch *b, int index, const struct oci_interface *now,
		 const struct oci_interface *wanted, struct err *err);

/** request_have() - add all addresses and routes; those that are there stay.  Return: 0; -EINVAL
 * with a message. */
int request_have(struct netlink_batch *b, int index, const struct oci_interface *i,
		 struct err *err);
