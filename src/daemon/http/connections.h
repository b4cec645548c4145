/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Connections of the API's socket, and how many of them there may be.  Each has a thread of the
 * HTTP library's.  Those that wait for a request, or for the rest of one, can be ended at any
 * time: the one that has waited longest is, when there are too many, and so is one that has waited
 * for CONNECTION_IDLE_USEC.  Those that serve a request are never ended, but their number is
 * limited, and the requests that stay as long as the client likes (logs, events, wait) are
 * limited to fewer, so that others are still answered.
 */

#define CONNECTIONS_MAX	     1024u
#define CONNECTION_IDLE_USEC (60 * USEC_PER_SEC)

struct connection;

struct connections {
	pthread_mutex_t lock;
	struct connection *first;
	unsigned max, n, n_serving, n_staying;
};

/** connections_init() - @max: how many there may be, CONNECTIONS_MAX or fewer */
void connections_init(struct connections *t, unsigned max);

/**
 * connections_add() - a client was accepted
 * @fd: belongs to the HTTP library from now on
 *
 * Where there are too many, one that waits is ended.
 *
 * Return: 0; -ENOMEM.
 */
int connections_add(struct connections *t, int fd);

/** connections_full() - is there no room for another?  Then room is being made, but takes a moment.
 */
bool connections_full(struct connections *t);

/** connections_expire() - end those that have waited too long at @now_usec (monotonic) */
void connections_expire(struct connections *t, uint64_t now_usec);

/** connection_started() - the library has made a connection's thread.  Return: the connection of
 * @fd; NULL for none. */
struct connection *connection_started(struct connections *t, int fd);

/** connection_closed() - the library is about to close a connection; frees @c, which may be NULL */
void connection_closed(struct connections *t, struct connection *c);

/** connection_heard() - the head of a request is here, and what remains of it may take its time */
void connection_heard(struct connections *t, struct connection *c);

/**
 * connection_serve() - one of its requests is about to be served
 * @stays: the request may last for as long as the client likes
 *
 * Return: 0; -EUSERS with a message when as many are served as may be.
 */
int connection_serve(struct connections *t, struct connection *c, bool stays, struct err *err);

/**
 * connection_served() - the request is over, if there was one
 * @passed_on: somebody else has the client's socket now, and it must not be shut down
 */
void connection_served(struct connections *t, struct connection *c, bool passed_on);
