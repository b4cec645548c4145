/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "net/inside/model.h"

/* The texts that dnsmasq reads.  Pure. */

#define NAMES_FOLDER	   "/run"
#define NAMES_SERVER_PORT  5200 /* ports of loopback from here on lead to the host's resolvers */
#define NAMES_PORT	   53
#define NAMES_FURTHER_PORT 5300 /* from here on: for containers on several networks */

/* The containers that are on exactly these networks, and how their questions are answered. */
struct names_view {
	const struct network *networks[NET_SLOTS]; /* in the order of their ids */
	size_t n;
	uint16_t port;			/* of all their gateways */
	uint32_t n_servers;		/* how many resolvers the host has */
	struct ip own[NET_SERVERS_MAX]; /* servers to ask in place of the host's; none */
	size_t n_own;
};

/** names_hosts() - write the names of a network's containers, and of the host, for addn-hosts.
 * Return: 0; -ENOMEM. */
int names_hosts(struct buf *b, const struct model *m, const struct network *n);

/** names_servers() - write who is asked for all other names, for servers-file.
 * Return: 0; -ENOMEM. */
int names_servers(struct buf *b, const struct model *m, const struct names_view *v);

/** names_config() - write the settings that dnsmasq reads only when it starts.
 * Return: 0; -ENOMEM. */
int names_config(struct buf *b, const struct names_view *v);

/** names_is_host() - is it a name of the host's? */
bool names_is_host(const char *name);

/** names_limited() - may only some names be asked for? */
bool names_limited(const struct names_view *v);
