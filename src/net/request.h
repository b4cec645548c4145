/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "base/json.h"

/* Requests of moatd to moat-net (docs/NET.md). */

#define NET_VERSION	  1
#define NET_PACKET_MAX	  (128u << 10)
#define NET_ID_LEN	  12 /* of a network's id: its first digits */
#define NET_TAP_MAX	  15
#define NET_KEY_MAX	  128
#define NET_SLOTS	  8 /* 0: the NIC itself; 1 to 7: VLANs on it */
#define NET_SUBNETS_MAX	  8
#define NET_ADDRESSES_MAX 16
#define NET_NAMES_MAX	  128
#define NET_SERVERS_MAX	  8
#define NET_ALLOW_MAX	  256
#define NET_MTU_MIN	  1280 /* IPv6 needs that much */
#define NET_MTU_MAX	  9216

enum net_op {
	NET_HELLO,
	NET_TAP,
	NET_TAP_RETURN,
	NET_NETWORK,
	NET_NETWORK_REMOVE,
	NET_PORT,
	NET_PORT_REMOVE,
	NET_SETTLED, /* moatd has told of all that is to exist: everything else is removed */
	NET_PUBLISH,
	NET_UNPUBLISH,
	NET_PUBLISHED,
	NET_REFUSED, /* asks how much was refused on a network */
	NET_STATUS,
	NET_WATCH,
	NET_SHUTDOWN,
};

struct net_subnet {
	struct ip_net net; /* the bits behind the network's are 0 */
	struct ip gateway; /* moat's own address in @net */
};

struct net_network {
	char id[NET_ID_LEN + 1];
	uint32_t mtu;  /* 0: 1500 */
	bool internal; /* neither the host nor anything outside is reached */
	struct net_subnet subnets[NET_SUBNETS_MAX];
	size_t n_subnets;
	bool limited; /* only what @allow says may be reached outside */
	char **allow; /* rules (net/egress.h) */
};

/* A container's place on a network. */
struct net_port {
	char tap[NET_TAP_MAX + 1];
	int slot;
	char network[NET_ID_LEN + 1];
	uint8_t mac[6];
	struct ip addresses[NET_ADDRESSES_MAX];
	size_t n_addresses;
	char **names; /* the first is the answer to a question about an address */
	struct ip servers[NET_SERVERS_MAX]; /* asked for other names; none: the host's */
	size_t n_servers;
};

enum net_protocol { NET_TCP, NET_UDP };

/* A socket of the host's, which comes with the request, and the place that its connections are
 * passed on to. */
struct net_publish {
	char key[NET_KEY_MAX + 1];
	enum net_protocol protocol;
	struct ip_net targets[2]; /* one of each family at most, with the bits of its network */
	size_t n_targets;
	uint16_t target_port;
	bool shows_clients;    /* the container sees clients' own addresses where possible */
	bool shortcuts;	       /* the host's own connections may go past the relay */
	struct ip gateways[2]; /* what the container sees of other clients */
	size_t n_gateways;
};

struct net_request {
	enum net_op op;
	char tap[NET_TAP_MAX + 1]; /* NET_TAP_RETURN, NET_PORT_REMOVE */
	int slot;		   /* NET_PORT_REMOVE */
	bool soon; /* both: answer when the removal is known, and not when it is done */
	char id[NET_ID_LEN + 1];   /* NET_NETWORK_REMOVE, NET_REFUSED */
	char key[NET_KEY_MAX + 1]; /* NET_UNPUBLISH, NET_PUBLISHED */
	struct net_network network;
	struct net_port port;
	struct net_publish publish;
};

/** net_network_reset() - free what net_request_read() allocated in a network */
void net_network_reset(struct net_network *network);

/** net_port_reset() - free what net_request_read() allocated in a port */
void net_port_reset(struct net_port *port);

/** net_request_reset() - free what net_request_read() allocated in a request */
void net_request_reset(struct net_request *rq);

/**
 * net_request_write() - write a request as one packet
 * @rq: borrowed, with everything in it
 *
 * Return: owned text; NULL when out of memory.
 */
char *net_request_write(const struct net_request *rq);

/**
 * net_request_read() - read a request
 * @ret: net_request_reset(); owns its vectors
 *
 * Return: 0; -EBADMSG, -EINVAL or -EOPNOTSUPP with a message; -ENOMEM.
 */
int net_request_read(const char *text, size_t len, struct net_request *ret, struct err *err);

/** net_id_ok() - is a text the id of a network: NET_ID_LEN lower-case hex digits? */
bool net_id_ok(const char *text);

/** net_name_ok() - can a name be asked for in DNS?  Letters, digits, - and _ in parts of at most 63
 * with dots between them; at most 253 in all. */
bool net_name_ok(const char *text);
