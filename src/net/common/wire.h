/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <net/if.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/ip.h"

/*
 * What the two processes of moat-net say to each other, over pairs of SOCK_SEQPACKET sockets: one
 * on which either speaks when it has something to say, one for questions of the inside that are
 * answered at once.
 *
 * The outside has more rights, and the inside might be taken over: what comes from there is
 * checked.  Both are the same program, so messages are structures as they are in memory.
 */

#define WIRE_RESOLVERS_MAX 8
#define WIRE_SUBNETS_MAX   1024
#define WIRE_TEXT_MAX	   256
#define WIRE_TAKEN_OVER	   1u /* the serial of what was there before any wish */

enum wire_kind {
	/* From the inside. */
	WIRE_BEGIN,  /* once, first */
	WIRE_UPLINK, /* what the way outside is to be; the last one counts */
	WIRE_BYE,    /* everything has ended in good order: nothing is to be left */
	/* From the outside. */
	WIRE_PLACE,	/* what the way outside is */
	WIRE_RESOLVERS, /* of the host */
	WIRE_FIREWALL,	/* what of the host's own rules would stop containers; empty: nothing */
	/* A question: a socket that is connected to one of the resolvers. */
	WIRE_DIAL,
};

/* A resolver of the host's. */
struct wire_resolver {
	struct ip ip;
	uint32_t scope; /* index of the host's interface, for a link-local address; else 0 */
};

/* How moat's namespace and the host reach each other; of IPv4, of IPv6. */
struct wire_place {
	uint32_t serial; /* of the wish it answers */
	bool up;
	bool masquerade; /* the other side knows no networks of moat's */
	bool outward[2]; /* are packets of that family passed on from there? */
	struct ip_net own[2];
	struct ip host[2];
	struct ip behind[2];	  /* what is for @host is for there; none: for @host itself */
	uint32_t mtu;		  /* of the way; 0: as it is */
	char text[WIRE_TEXT_MAX]; /* why it is not up, or what is missing; empty: nothing */
};

struct wire_uplink {
	uint32_t serial;
	bool wanted;
	uint32_t n_subnets;
	struct ip_net subnets[WIRE_SUBNETS_MAX]; /* of networks that are let out */
};

struct wire_message {
	enum wire_kind kind;
	union {
		int peer; /* WIRE_BEGIN: index of the other end of the way outside that is there; 0
			   */
		struct wire_uplink uplink;
		struct wire_place place;
		struct {
			uint32_t n;
			struct wire_resolver list[WIRE_RESOLVERS_MAX];
		} resolvers;
		char text[WIRE_TEXT_MAX]; /* WIRE_FIREWALL */
		struct {
			uint32_t resolver;
			int type; /* SOCK_STREAM, SOCK_DGRAM */
		} dial;
		int result; /* answer to WIRE_DIAL: 0, with a descriptor; -errno */
	};
};

/** wire_send() - @fd: goes along; borrowed; -1: none.  Return: 0; -errno. */
int wire_send(int wire, const struct wire_message *m, int fd);

/**
 * wire_receive() - one message
 * @ret_fd: what came along, owned; -1: none
 *
 * Return: 1; 0 at the end; -EAGAIN; -EBADMSG; -errno.
 */
int wire_receive(int wire, struct wire_message *ret, int *ret_fd);
