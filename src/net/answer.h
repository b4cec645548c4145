/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/request.h"

/* moat-net's answers to requests, and its events for those that watch (docs/NET.md). */

/* An answer to NET_HELLO, NET_TAP, NET_NETWORK or NET_PORT; members of the others are none. */
struct net_answer {
	int version;
	char tap[NET_TAP_MAX + 1];
	struct ip hosts[2]; /* the host's addresses, as containers reach it: host.docker.internal */
	size_t n_hosts;
	uint64_t packets, names; /* NET_REFUSED: how many were refused */
};

/** net_answer_write() - write a yes with what @a holds.  Return: owned; NULL when out of memory. */
char *net_answer_write(const struct net_answer *a);

/** net_refusal_write() - write a no.  Return: owned; NULL when out of memory. */
char *net_refusal_write(const struct err *err);

/**
 * net_answer_read() - read an answer: is it a yes?
 * @ret:  NULL is accepted
 * @json: the whole answer, owned; NULL is accepted
 *
 * Return: 0; the negative errno of a no, with its message; -EBADMSG, -EINVAL with a message.
 */
int net_answer_read(const char *text, size_t len, struct net_answer *ret, json_t **json,
		    struct err *err);

enum net_event_type {
	NET_EVENT_REFUSED, /* a limited network kept a container from reaching something */
	NET_EVENT_HOST,	   /* the host's resolvers, addresses or firewall changed */
	NET_EVENT_FAILED,  /* something that moat-net needs has ended, and was started again */
};

#define NET_EVENT_TEXT_MAX 253

struct net_event {
	enum net_event_type type;
	char network[NET_ID_LEN + 1]; /* empty where the event is of no network */

	/* NET_EVENT_REFUSED */
	struct ip from;			   /* the container */
	struct ip to;			   /* none where a name was refused, which is: */
	char name[NET_EVENT_TEXT_MAX + 1]; /* the name that was asked for */
	int protocol;			   /* IPPROTO_TCP, …; 0: a name was refused */
	uint16_t port;

	char text[NET_EVENT_TEXT_MAX + 1]; /* the other events, for people */
};

/** net_event_write() - write an event as one packet; owned text; NULL when out of memory */
char *net_event_write(const struct net_event *e);

/** net_event_read() - read an event.  Return: 0; -EOPNOTSUPP for a kind that is not known;
 * -EBADMSG, -EINVAL with a message. */
int net_event_read(const char *text, size_t len, struct net_event *ret, struct err *err);
