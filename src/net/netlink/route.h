/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "net/netlink/netlink.h"

/* Addresses of links, routes, and rules that choose tables of routes. */

/** address_add() - give a link an address, which is used at once.  Return: 0; -errno; an address
 * that is there already is fine. */
int address_add(struct netlink *nl, int index, const struct ip_net *address);
int address_remove(struct netlink *nl, int index, const struct ip_net *address);

struct address {
	int index; /* of its link */
	struct ip_net net;
};

/** address_each() - tell of every address.  Return: 0; -errno; what @fn returned when below 0. */
int address_each(struct netlink *nl, int (*fn)(const struct address *a, void *arg), void *arg);

struct ip_route {
	struct ip_net to; /* with 0 bits: everything of that family */
	struct ip via;	  /* none: the destinations are on the link itself */
	struct ip from;	  /* preferred sender of packets that go this way; none */
	int index;	  /* of the link; 0: none */
	uint8_t type;	  /* RTN_UNICAST where it is 0 */
	uint8_t protocol; /* who made the route: RTPROT_STATIC where it is 0 */
	uint32_t table;	  /* RT_TABLE_MAIN where it is 0 */
};

/** ip_route_add() - add a route.
 * Return: 0; -EEXIST where there is one to the same place; -errno. */
int ip_route_add(struct netlink *nl, const struct ip_route *route);
int ip_route_remove(struct netlink *nl, const struct ip_route *route);

/** ip_route_each() - tell of every route of a table, or of all tables with RT_TABLE_UNSPEC.
 * Return: as address_each(). */
int ip_route_each(struct netlink *nl, uint32_t table,
		  int (*fn)(const struct ip_route *route, void *arg), void *arg);

/** rule_add() - have packets with a mark look into a table first.  Return: 0; -errno; a rule that
 * is there already is fine. */
int rule_add(struct netlink *nl, uint8_t family, uint32_t mark, uint32_t table);
