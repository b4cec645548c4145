/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "guest/network/netlink.h"
#include "oci/network.h"

/* Requests to the kernel that change an interface; each adds to a batch.  Pure. */

/** request_move() - move the NIC's interface to another namespace, where it arrives down.  @index:
 * where it is now; @ns_fd: the other namespace; @name: its name there; @carries: other interfaces
 * are on it */
void request_move(struct netlink_batch *b, int index, int ns_fd, const char *name, bool carries);

/** request_identity() - give the NIC's interface @i's MAC and, with @rename, its name.  The
 * interface is down then: request_up() follows. */
void request_identity(struct netlink_batch *b, int index, const struct oci_interface *i,
		      bool rename);

/** request_carrier() - have the NIC, while no container's interface, carry others.  @mtu: the
 * largest of theirs */
void request_carrier(struct netlink_batch *b, int index, uint32_t mtu);

/** request_macvlan() - make an interface on the NIC.  @nic: its index; @ns_fd: namespace of the new
 * interface; -1: that of the NIC */
void request_macvlan(struct netlink_batch *b, int nic, int ns_fd, const struct oci_interface *i);

/** request_delete() - remove an interface on the NIC, if it is there */
void request_delete(struct netlink_batch *b, int index, const struct oci_interface *i);

/** request_up() - bring an interface up, with @i's MTU.  @has_ipv6: the kernel is to give it no
 * addresses of its own */
void request_up(struct netlink_batch *b, int index, const struct oci_interface *i, bool has_ipv6);

/** request_drop() - remove the addresses and routes that @now has and @wanted lacks */
int request_drop(struct netlink_batch *b, int index, const struct oci_interface *now,
		 const struct oci_interface *wanted, struct err *err);

/** request_have() - add all addresses and routes; existing ones stay.  Return: 0; -EINVAL with a
 * message. */
int request_have(struct netlink_batch *b, int index, const struct oci_interface *i,
		 struct err *err);
