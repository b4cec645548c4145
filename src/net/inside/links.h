/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/model.h"
#include "net/netlink/link.h"

/* The kernel's links of networks and ports: bridges, and what hangs on them.  All of them may be
 * there already, from an earlier moat-net. */

/** links_prepare() - set up the namespace as a whole.  Return: 0; -errno with a message. */
int links_prepare(struct netlink *nl, struct err *err);

/** links_add_network() - make a bridge with the gateways' addresses and no others.  Return: 0;
 * -errno with a message. */
int links_add_network(struct netlink *nl, struct network *n, struct err *err);

/** links_remove_network() - remove the bridge of a network without ports */
void links_remove_network(struct netlink *nl, struct network *n);

/** links_add_port() - put a tap on a network; to be called before the rules let anything through.
 * Return: 0; -errno with a message, and nothing was changed. */
int links_add_port(struct netlink *nl, const struct model *m, struct port *p, struct err *err);

/** links_remove_port() - take a port off its network; to be called when the rules let nothing
 * through any more */
void links_remove_port(struct netlink *nl, const struct port *p);

/** links_sweep() - remove links that belong to no network or port of the model, and take taps off
 * networks they should not be on.  Return: 0; -errno. */
int links_sweep(struct netlink *nl, const struct model *m);
