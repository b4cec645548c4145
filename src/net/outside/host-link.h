/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/wire.h"
#include "net/netlink/link.h"
#include "net/netlink/route.h"

/* The host's end of the way into moat's namespace: the interface, its addresses, and the routes to
 * moat's networks. */

struct host_link {
	struct netlink *nl; /* borrowed */
	int index;	    /* of the host's end; 0: there is none */
	unsigned number;
	char device[IFNAMSIZ];
	struct ip_net own[2]; /* addresses of moat's side */
	struct ip host[2];
	struct ip_net *routes; /* owned: subnets that are led there */
	size_t n_routes;
};

/**
 * host_link_make() - make a pair, one end of it in moat's namespace, with addresses that are
 * nobody's
 * @folder: identifies the moat it belongs to
 *
 * Return: 0; -errno with a message.
 */
int host_link_make(struct host_link *l, const char *folder, int namespace_fd,
		   const struct wire_uplink *wish, struct err *err);

/** host_link_take() - take over a pair that is there.  Return: 0; -errno with a message. */
int host_link_take(struct host_link *l, unsigned number, int index, struct err *err);

/** host_link_route() - route these subnets there, and no others.  Those that overlap what the host
 * has routes to are left out.  Return: how many were; -errno. */
int host_link_route(struct host_link *l, const struct wire_uplink *wish, struct err *err);

/** host_link_mend() - put back what somebody else took from the pair: that it is up, addresses,
 * routes.  Return: 0; -ENODEV where the pair is gone, and @l is as before host_link_make(); -errno.
 */
int host_link_mend(struct host_link *l);

/** host_link_let_loopback() - may packets of the host's loopback come and go here (route_localnet)?
 * Not without rules that leave out those of others (host-rules.h). */
void host_link_let_loopback(const struct host_link *l, bool let);

/** host_link_remove() - remove the pair, and its routes with it */
void host_link_remove(struct host_link *l);
