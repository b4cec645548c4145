/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/peer.h"

/* Chooses how a client's connection is passed on to a service.  Pure. */

/* Where a service is reached, by one family of addresses. */
struct proxy_place {
	struct ip_net net; /* the service's address and its network's bits; none: not reached */
	struct ip gateway; /* this host's address in @net; none: the kernel chooses */
};

struct proxy_target {
	struct proxy_place v4, v6;
	uint16_t port;
	bool shows_clients; /* the service sees a client's own address where possible */
};

/* The addresses from which a service may be spoken to, the best first. */
#define ROUTE_SOURCES 3u

struct route {
	struct peer to;
	struct peer from[ROUTE_SOURCES]; /* port 0: any */
	size_t n_from;			 /* 0: the kernel chooses */
};

/**
 * route_choose() - choose a route
 * @client: as its connection shows it
 * @is_own: it is this host, which is the gateway where it may take a shortcut
 *
 * A client is shown as it is where the service would answer it by way of this host.  It is not
 * where its address is a local one, or belongs to the service's own network: a neighbour would get
 * the answers itself.  Then the gateway speaks for it, as it does where the service has no address
 * of the client's family.
 *
 * Return: 0; -EHOSTUNREACH where the service has no address.
 */
int route_choose(const struct proxy_target *t, const struct peer *client, bool is_own,
		 struct route *ret);
