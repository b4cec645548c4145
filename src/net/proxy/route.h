/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/peer.h"

/* Which way a client's bytes take to what it connected to.  Pure. */

/* Where a service is reached by one family of addresses. */
struct proxy_place {
	struct ip_net net; /* its address, and how many bits of it are its network's; none: it is
			    * not reached by this family */
	struct ip gateway; /* this host's address in that network; none: the kernel chooses */
};

struct proxy_target {
	struct proxy_place v4, v6;
	uint16_t port;
	bool shows_clients; /* the service sees a client's own address where that can be */
};

/* The addresses from which a service may be spoken to, the best first. */
#define ROUTE_SOURCES 3u

struct route {
	struct peer to;
	struct peer from[ROUTE_SOURCES]; /* port 0: any */
	size_t n_from;			 /* 0: whatever the kernel chooses */
};

/**
 * route_choose() - @client: as its connection shows it
 *
 * A client is shown as it is where the service would answer it by way of this host.  It is not
 * where its address is a local one, or belongs to the service's own network: a neighbour would get
 * the answers itself.  Then the gateway speaks for it, as it does where the service has no address
 * of the client's family.
 *
 * Return: 0; -EHOSTUNREACH where the service has no address.
 */
int route_choose(const struct proxy_target *t, const struct peer *client, struct route *ret);
