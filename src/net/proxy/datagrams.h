/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/socket.h>

#include "net/proxy/flow-table.h"

/* Room for some datagrams, received and sent with one call each. */

#define DATAGRAMS_MAX	 16u
#define DATAGRAM_BYTES	 65536u
#define DATAGRAM_CONTROL 64u /* bytes of control data for an address of this host */

struct datagrams {
	struct mmsghdr messages[DATAGRAMS_MAX];
	struct iovec bytes[DATAGRAMS_MAX];
	union peer_address from[DATAGRAMS_MAX];
	_Alignas(8) char control[DATAGRAMS_MAX][DATAGRAM_CONTROL];
	char room[DATAGRAMS_MAX][DATAGRAM_BYTES];
};

/** datagrams_receive() - receive what waits at a socket.
 * Return: how many, at least one; -errno. */
int datagrams_receive(struct datagrams *d, int fd);

/** datagrams_local() - get the address of this host that a datagram came to; none where it is not a
 * single host's */
void datagrams_local(struct datagrams *d, unsigned i, struct peer *ret);

/**
 * datagrams_address() - address received datagrams, to be sent on
 * @key: they go to its client, from its address of this host; where that is none, the kernel
 *       chooses.  NULL: to what the socket is connected to
 */
void datagrams_address(struct datagrams *d, unsigned first, unsigned n, int family,
		       const struct flow_key *key);

/** datagrams_send() - send datagrams.  Return: how many were sent before the first that could not
 * be. */
unsigned datagrams_send(struct datagrams *d, unsigned first, unsigned n, int fd);
