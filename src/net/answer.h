/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/request.h"

/* What moat-net answers to requests, and tells those that watch (docs/NET.md). */

/* NET_HELLO, NET_TAP, NET_NETWORK, NET_PORT; what does not belong to one is none. */
struct net_answer {
	int version;
	char tap[NET_TAP_MAX + 1];
	struct ip hosts[2]; /* the host, as containers reach it: what host.docker.internal is */
	size_t n_hosts;
	uint64_t packets, names; /* NET_REFUSED: that were */
};

/** net_answer_write() - @a: a yes with what is in there.  Return: owned; NULL when out of
 * memory. */
char *net_answer_write(const struct net_answer *a);

/** net_refusal_write() - a no.  Return: owned; NULL when out of memory. */
char *net_refusal_write(const struct err *err);

/**
 * net_answer_read() - is it a yes?
 * @ret:  NULL is accepted
 * @json: all of it, owned; NULL is accepted
 *
 * Return: 0; the negative errno of a no, with its message; -EBADMSG, -EINVAL with a message.
 */
int net_answer_read(const char *text, size_t len, struct net_answer *ret, json_t **json,
		    struct err *err);

enum net_event_type {
	NET_EVENT_REFUSED, /* something a limited network's container was not let out to */
	NET_EVENT_HOST,	   /* the host's resolvers, addresses or firewall changed */
	NET_EVENT_FAILED,  /* something moat-net needs has ended, and was started again */
};

#define NET_EVENT_TEXT_MAX 253

struct net_event {
	enum net_event_type type;
	char network[NET_ID_LEN + 1]; /* empty where it is of none */

	/* NET_EVENT_REFUSED */
	struct ip from;			   /* the container */
	struct ip to;			   /* none where a name was refused: */
	char name[NET_EVENT_TEXT_MAX + 1]; /* that was asked for */
	int protocol;			   /* IPPROTO_TCP, …; 0: it is a name */
	uint16_t port;

	char text[NET_EVENT_TEXT_MAX + 1]; /* for people, of the others */
};

/** net_event_write() - one packet; owned text; NULL when out of memory */
char *net_event_write(const struct net_event *e);

/** net_event_read() - one packet.  Return: 0; -EOPNOTSUPP for one that is not known; -EBADMSG,
 * -EINVAL with a message. */
int net_event_read(const char *text, size_t len, struct net_event *ret, struct err *err);
