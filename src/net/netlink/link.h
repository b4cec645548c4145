/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <net/if.h>

#include "net/netlink/netlink.h"

/* Links: bridges, pairs of virtual Ethernet, taps.  Each is known by its index. */

#define LINK_ALIAS_MAX 256 /* IFALIASZ of the kernel, which cuts what is longer */

struct link {
	int index;
	char name[IFNAMSIZ];
	char alias[LINK_ALIAS_MAX]; /* "": none */
	int master;		    /* index of the bridge it is a port of; 0: none */
	int peer; /* of a pair: index of the other end, in its own namespace; 0: none */
	uint32_t mtu;
	bool up;
	bool loopback;
};

/** link_index() - get a link's index by its name, in this process's namespace.  Return: the index;
 * -ENODEV. */
int link_index(const char *name);

/** link_own_alias() - write the alias by which moat-net's links on the host are known.  @folder:
 * moat-net's, absolute */
void link_own_alias(const char *folder, char ret[LINK_ALIAS_MAX]);

/** link_each() - tell of every link.  Return: 0; -errno; what @fn returned when it was below 0. */
int link_each(struct netlink *nl, int (*fn)(const struct link *link, void *arg), void *arg);

/** link_add_bridge() - make a bridge that learns nothing from frames for bridges only, and has no
 * protocol of its own.  Return: 0; -EEXIST; -errno. */
int link_add_bridge(struct netlink *nl, const char *name, const uint8_t mac[6], uint32_t mtu);

/**
 * link_add_pair() - make a pair of virtual Ethernet interfaces
 * @peer_ns: the network namespace that the second goes to; -1: this one
 *
 * Return: 0; -EEXIST; -errno.
 */
int link_add_pair(struct netlink *nl, const char *name, const char *peer, int peer_ns);

int link_remove(struct netlink *nl, int index);
int link_set_up(struct netlink *nl, int index, bool up);
int link_set_mtu(struct netlink *nl, int index, uint32_t mtu);
int link_set_alias(struct netlink *nl, int index, const char *alias);

/** link_set_master() - make a link a port of a bridge.  @bridge: 0: of none */
int link_set_master(struct netlink *nl, int index, int bridge);

/**
 * link_set_port() - have a bridge's port take frames for addresses it was told of only, and the
 * bridge learn no others from it
 *
 * Return: 0; -errno.
 */
int link_set_port(struct netlink *nl, int index);

/** link_add_station() - tell a bridge that an address is behind a port, for as long as both are
 * there.  Return: 0; -errno; what is there already is fine. */
int link_add_station(struct netlink *nl, int index, const uint8_t mac[6]);
