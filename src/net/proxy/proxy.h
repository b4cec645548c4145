/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/dial.h"
#include "net/proxy/route.h"

/*
 * Connections and datagrams that come to sockets of one network namespace, passed on into another:
 * published ports, and resolvers that only the host can reach.  One thread, one loop, and nothing
 * in it waits.
 */

struct loop;
struct proxy;

enum proxy_protocol { PROXY_TCP, PROXY_UDP };

struct proxy_limits {
	size_t flows;	     /* at any one time: connections, and clients of datagrams */
	size_t flows_each;   /* of one forward, at any one time */
	uint64_t retry_usec; /* how long connecting is tried again where nobody accepts */
	uint64_t idle_usec;  /* how long after the last datagram a client's flow ends */
};

/** proxy_limits() - compute what can be had with so many descriptors */
struct proxy_limits proxy_limits(uint64_t descriptors);

/** proxy_new() - make a proxy without forwards.  @ret: owned, proxy_free().  Return: 0; -errno. */
int proxy_new(struct loop *loop, const struct proxy_limits *limits, struct proxy **ret);

/** proxy_free() - reset every connection; NULL is accepted */
void proxy_free(struct proxy *p);

/*
 * Ways past the proxy for this host's own connections.
 *
 * @add: is told of a connection that has reached the service, to this host from itself, over IPv4;
 *       a shortcut from @at to @to would have served it.  @fd: the forward's socket; borrowed.
 * @end: whoever was told of so far is to be led past the proxy no longer.
 */
struct proxy_shortcuts {
	void (*add)(const struct peer *at, const struct peer *to, int fd, void *arg);
	void (*end)(void *arg);
	void *arg;
};

/* A forward: a socket, and where what comes to it goes. */
struct proxy_spec {
	enum proxy_protocol protocol;
	struct proxy_target target;
	struct proxy_dialer dialer;
	const struct proxy_shortcuts *shortcuts; /* borrowed; NULL: none */
};

/**
 * proxy_publish() - begin a forward, or change one
 * @key: name that the publisher gives the forward
 * @fd:  listening, or bound for datagrams; taken over when this succeeds.  -1: keep the present one
 *
 * Connections stay as they are, unless the service or the socket is another one.
 *
 * Return: 0; -ENOENT where there is neither a forward nor a socket; -EINVAL for a socket of the
 * other protocol; -errno.
 */
int proxy_publish(struct proxy *p, const char *key, const struct proxy_spec *spec, int fd);

/**
 * proxy_unpublish() - close the sockets of the forward KEY, and of all KEY.ANYTHING
 *
 * Their clients get what the service has sent, and are reset then.
 *
 * Return: 0; -ENOENT where there was none.
 */
int proxy_unpublish(struct proxy *p, const char *key);

/** proxy_fd() - get the socket of a forward; borrowed; -ENOENT where there is no such forward */
int proxy_fd(const struct proxy *p, const char *key);

struct proxy_stat {
	const char *key;
	enum proxy_protocol protocol;
	size_t flows;	  /* at present */
	uint64_t total;	  /* flows there have been */
	uint64_t failed;  /* those of @total that did not reach the service */
	uint64_t dropped; /* datagrams for which there was no room */
};

/** proxy_each() - tell of every forward */
void proxy_each(const struct proxy *p, void (*fn)(const struct proxy_stat *s, void *arg),
		void *arg);
