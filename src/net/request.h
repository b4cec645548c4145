/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "base/json.h"

/* Requests of moatd to moat-net (docs/NET.md). */

#define NET_VERSION	  1
#define NET_PACKET_MAX	  (128u << 10)
#define NET_ID_LEN	  12 /* of a network: the first digits of its id */
#define NET_TAP_MAX	  15
#define NET_KEY_MAX	  128
#define NET_SLOTS	  8 /* 0: the NIC itself; 1 to 7: VLANs on it */
#define NET_SUBNETS_MAX	  8
#define NET_ADDRESSES_MAX 16
#define NET_NAMES_MAX	  128
#define NET_SERVERS_MAX	  8
#define NET_ALLOW_MAX	  256
#define NET_MTU_MIN	  1280 /* IPv6 needs it */
#define NET_MTU_MAX	  9216

enum net_op {
	NET_HELLO,
	NET_TAP,
	NET_TAP_RETURN,
	NET_NETWORK,
	NET_NETWORK_REMOVE,
	NET_PORT,
	NET_PORT_REMOVE,
	NET_SETTLED, /* all that is to be has been told of: whatever else there is goes */
	NET_PUBLISH,
	NET_UNPUBLISH,
	NET_PUBLISHED,
	NET_REFUSED, /* how much was refused on a network */
	NET_STATUS,
	NET_WATCH,
	NET_SHUTDOWN,
};

struct net_subnet {
	struct ip_net net; /* without bits behind the network's */
	struct ip gateway; /* moat's own address in there */
};

struct net_network {
	char id[NET_ID_LEN + 1];
	uint32_t mtu;  /* 0: 1500 */
	bool internal; /* nothing outside is reached, nor the host */
	struct net_subnet subnets[NET_SUBNETS_MAX];
	size_t n_subnets;
	bool limited; /* only what @allow says is reached outside */
	char **allow; /* rules, see net/egress.h */
};

/* A container's place on a network. */
struct net_port {
	char tap[NET_TAP_MAX + 1];
	int slot;
	char network[NET_ID_LEN + 1];
	uint8_t mac[6];
	struct ip addresses[NET_ADDRESSES_MAX];
	size_t n_addresses;
	char **names; /* the first is what an address is called when it is asked about */
	struct ip servers[NET_SERVERS_MAX]; /* asked for all other names; none: the host's */
	size_t n_servers;
};

enum net_protocol { NET_TCP, NET_UDP };

/* A socket of the host's, which comes along with the request, and where what reaches it goes. */
struct net_publish {
	char key[NET_KEY_MAX + 1];
	enum net_protocol protocol;
	struct ip_net targets[2]; /* one of each family at most, with the bits of its network */
	size_t n_targets;
	uint16_t target_port;
	bool shows_clients;    /* their own addresses, where the answers come back this way */
	struct ip gateways[2]; /* who other clients are to the container */
	size_t n_gateways;
};

struct net_request {
	enum net_op op;
	char tap[NET_TAP_MAX + 1]; /* NET_TAP_RETURN, NET_PORT_REMOVE */
	int slot;		   /* NET_PORT_REMOVE */
	bool soon;		   /* both: answer when it is known, and not when it is done */
	char id[NET_ID_LEN + 1];   /* NET_NETWORK_REMOVE, NET_REFUSED */
	char key[NET_KEY_MAX + 1]; /* NET_UNPUBLISH, NET_PUBLISHED */
	struct net_network network;
	struct net_port port;
	struct net_publish publish;
};

/** net_network_reset() - free what one holds that was read */
void net_network_reset(struct net_network *network);

/** net_port_reset() - free what one holds that was read */
void net_port_reset(struct net_port *port);

/** net_request_reset() - free what a request holds that was read */
void net_request_reset(struct net_request *rq);

/**
 * net_request_write() - one packet
 * @rq: borrowed, and all in it
 *
 * Return: owned text; NULL when out of memory.
 */
char *net_request_write(const struct net_request *rq);

/**
 * net_request_read() - one packet
 * @ret: net_request_reset(); its vectors are its own
 *
 * Return: 0; -EBADMSG, -EINVAL or -EOPNOTSUPP with a message; -ENOMEM.
 */
int net_request_read(const char *text, size_t len, struct net_request *ret, struct err *err);

/** net_id_ok() - is it the id of a network: NET_ID_LEN lower-case hex digits? */
bool net_id_ok(const char *text);

/** net_name_ok() - can a name be asked for in DNS?  Letters, digits, - and _ in parts of at most 63
 * with dots between them; at most 253 in all. */
bool net_name_ok(const char *text);
