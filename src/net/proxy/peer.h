/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/ip.h"

/* One end of a connection: an address and a port, whatever kind of socket told of it. */
struct peer {
	struct ip ip;	/* IPv4 also where a socket of IPv6 shows it as ::ffff:10.1.2.3 */
	uint16_t port;	/* in the host's byte order */
	uint32_t scope; /* the interface of a link-local address; else 0 */
};

union peer_address {
	struct sockaddr_in6 in6; /* first, as it is the longest: { 0 } is all zeros */
	struct sockaddr_in in;
	struct sockaddr any;
};

/** peer_read() - read a socket's address.  @ret: all zeros for an address of another family */
void peer_read(const union peer_address *from, struct peer *ret);

/**
 * peer_write() - write an address for a socket
 * @family: of the socket: AF_INET6 takes addresses of IPv4, too
 *
 * Return: the length; 0 where a socket of that family cannot have it.
 */
socklen_t peer_write(const struct peer *p, int family, union peer_address *ret);

/** peer_is_local() - has the address a meaning only where it was seen?  True for loopback,
 * link-local, none, and groups. */
bool peer_is_local(const struct peer *p);

/** peer_is_group() - is it the address of several hosts: multicast, broadcast? */
bool peer_is_group(const struct peer *p);
