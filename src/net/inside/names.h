/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "net/inside/model.h"

/* What dnsmasq reads, as texts.  Pure. */

#define NAMES_FOLDER	   "/run"
#define NAMES_SERVER_PORT  5200 /* on loopback, and those that follow: the host's resolvers */
#define NAMES_PORT	   53
#define NAMES_FURTHER_PORT 5300 /* and those that follow: of containers on several networks */

/* Who answers the containers that are on just these networks. */
struct names_view {
	const struct network *networks[NET_SLOTS]; /* by the order of their ids */
	size_t n;
	uint16_t port;			/* on all their gateways */
	uint32_t n_servers;		/* resolvers of the host */
	struct ip own[NET_SERVERS_MAX]; /* asked in place of those; none */
	size_t n_own;
};

/** names_hosts() - the names of a network's containers, and of the host, for addn-hosts.  Return:
 * 0; -ENOMEM. */
int names_hosts(struct buf *b, const struct model *m, const struct network *n);

/** names_servers() - who is asked for what else, for servers-file.  Return: 0; -ENOMEM. */
int names_servers(struct buf *b, const struct model *m, const struct names_view *v);

/** names_config() - everything that dnsmasq has to be started again for.  Return: 0; -ENOMEM. */
int names_config(struct buf *b, const struct names_view *v);

/** names_is_host() - is it a name of the host's? */
bool names_is_host(const char *name);

/** names_limited() - may only some names be asked for? */
bool names_limited(const struct names_view *v);
