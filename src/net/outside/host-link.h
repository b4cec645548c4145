/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/wire.h"
#include "net/netlink/link.h"
#include "net/netlink/route.h"

/* The host's end of the way into moat's namespace: the interface, its addresses, and the routes to
 * moat's networks. */

struct host_link {
	struct netlink *nl; /* borrowed */
	int index;	    /* 0: there is none */
	unsigned number;
	char device[IFNAMSIZ];
	struct ip_net own[2]; /* of moat's side */
	struct ip host[2];
	struct ip_net *routes; /* owned: subnets that lead there */
	size_t n_routes;
};

/** host_link_make() - a pair, one end of it in moat's namespace, with addresses that are nobody's
 * @folder: whose it is
 *
 * Return: 0; -errno with a message.
 */
int host_link_make(struct host_link *l, const char *folder, int namespace_fd,
		   const struct wire_uplink *wish, struct err *err);

/** host_link_take() - one that is there.  Return: 0; -errno with a message. */
int host_link_take(struct host_link *l, unsigned number, int index, struct err *err);

/** host_link_route() - lead these subnets there, and no others.  Those that overlap what the host
 * has routes to are left out.  Return: how many were; -errno. */
int host_link_route(struct host_link *l, const struct wire_uplink *wish, struct err *err);

/** host_link_remove() - with its routes */
void host_link_remove(struct host_link *l);

/** host_link_alias() - what tells whose an interface is.  @ret: at least 256 bytes */
void host_link_alias(const char *folder, char ret[256]);
