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
#define WIRE_TAKEN_OVER	   1u /* serial of a way outside that was there before the first wish */

enum wire_kind {
	/* Messages from the inside. */
	WIRE_BEGIN,  /* once, first */
	WIRE_UPLINK, /* the wish: how the way outside is to be; the last one counts */
	WIRE_BYE,    /* everything has ended in good order: nothing is to be left on the host */
	/* Messages from the outside. */
	WIRE_PLACE,	/* the way outside, as it is */
	WIRE_RESOLVERS, /* the host's resolvers */
	WIRE_FIREWALL,	/* what in the host's own rules would stop containers; empty: nothing */
	/* Questions of the inside.  The answer brings a socket that is connected to one of the
	 * resolvers. */
	WIRE_DIAL,
	/* Let the host's own connections to a published port, whose listening socket comes along,
	 * go to the container without the relay, if they get there. */
	WIRE_SHORTCUT,
	/* No connection may do that any more, until it is asked for anew. */
	WIRE_NO_SHORTCUTS,
	WIRE_ANSWER, /* to a question */
};

/* A resolver of the host's. */
struct wire_resolver {
	struct ip ip;
	uint32_t scope; /* index of the host's interface, for a link-local address; else 0 */
};

/* How moat's namespace and the host reach each other.  Arrays of two: IPv4, IPv6. */
struct wire_place {
	uint32_t serial; /* serial of the wish that this answers */
	bool up;
	bool masquerade; /* senders are masqueraded: the other side does not know them */
	bool outward[2]; /* does the host pass on packets of that family? */
	struct ip_net own[2];
	struct ip host[2];
	struct ip behind[2];	  /* packets for @host go to this address; none: to @host itself */
	uint32_t mtu;		  /* MTU of the way; 0: leave it */
	char text[WIRE_TEXT_MAX]; /* why the way is not up, or what is missing; empty: nothing */
};

struct wire_uplink {
	uint32_t serial;
	bool wanted;
	bool shortcuts; /* will be asked for */
	uint32_t n_subnets;
	struct ip_net subnets[WIRE_SUBNETS_MAX]; /* of networks that containers may leave */
};

/* IPv4. */
struct wire_shortcut {
	struct ip at, to; /* address of the host's, address of the container */
	uint16_t at_port, to_port;
};

/* Here the inside takes connections of the outside in moat's namespace, which show whether
 * shortcuts lead there. */
#define WIRE_TRIAL_PORT 5199

struct wire_message {
	enum wire_kind kind;
	uint32_t question; /* number of a question, and of the answer to it */
	union {
		int peer; /* WIRE_BEGIN: index of the host's end that is there; 0: none */
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
		struct wire_shortcut shortcut;
		int result; /* WIRE_ANSWER: 0, to WIRE_DIAL with a descriptor; -errno */
	};
};

/** wire_wishes_family() - is there a network that containers may leave by this family? */
bool wire_wishes_family(const struct wire_uplink *wish, uint8_t family);

/** wire_send() - send one message.  @fd: goes with it; borrowed; -1: none.  Return: 0; -errno. */
int wire_send(int wire, const struct wire_message *m, int fd);

/**
 * wire_receive() - receive one message
 * @ret_fd: came with the message, owned; -1: none
 *
 * Return: 1; 0 at the end; -EAGAIN; -EBADMSG; -errno.
 */
int wire_receive(int wire, struct wire_message *ret, int *ret_fd);
