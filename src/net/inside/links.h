/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/model.h"
#include "net/netlink/link.h"

/* The kernel's part of networks and ports: bridges, and what hangs on them.  All of it may be there
 * already, as of a moat-net before this one. */

/** links_prepare() - what the namespace as a whole needs.  Return: 0; -errno with a message. */
int links_prepare(struct netlink *nl, struct err *err);

/** links_add_network() - a bridge with the gateways' addresses and no others.  Return: 0; -errno
 * with a message. */
int links_add_network(struct netlink *nl, struct network *n, struct err *err);

/** links_remove_network() - nothing is on it any more */
void links_remove_network(struct netlink *nl, struct network *n);

/** links_add_port() - put a tap on a network; the rules have yet to let anything through.  Return:
 * 0; -errno with a message, and nothing was changed. */
int links_add_port(struct netlink *nl, const struct model *m, struct port *p, struct err *err);

/** links_remove_port() - take it off; the rules let nothing through any more */
void links_remove_port(struct netlink *nl, const struct port *p);

/** links_sweep() - remove what no network or port of the model is, and take taps off that are on
 * none.  Return: 0; -errno. */
int links_sweep(struct netlink *nl, const struct model *m);
