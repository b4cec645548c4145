/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/queue.h>

#include "control/request.h"
#include "link/connect.h"

struct container;
struct listener;

/*
 * Unix sockets between host and container.  A connection is a process of a kind: a stream of the
 * guest link, with one client.
 */

/* A connection of which the guest told, and watchers were told. */
struct open_call {
	uint32_t number; /* 0: none */
	uint64_t since_usec;
};

struct sockets {
	LIST_HEAD(, listener) listeners; /* of the host's, that lead into the container */
	struct open_call calls[LINK_CALLS_MAX];
	uint32_t last_call;
	struct source *timer; /* for calls that nobody answers */
};

/** sockets_listen() - pass on who connects to a socket of the host's, from when the container runs.
 * @fd: taken over when this succeeds.  Return: 0; -ENOSPC; -EINVAL; -errno; with a message. */
int sockets_listen(struct container *c, const struct control_request *rq, int *fd, struct err *err);

/** sockets_started() - the container runs */
void sockets_started(struct container *c);

/** sockets_called() - the guest's CALL.  Return: 0; -EBADMSG; -errno of link_send(). */
int sockets_called(struct container *c, const struct link_call *call);

/** sockets_answer() - have a connection that the guest told of.  @fd: to whom it is passed on,
 * taken over when this succeeds; -1: it is refused.  Return: 0; -ESRCH where it waits no more;
 * -errno; with a message. */
int sockets_answer(struct container *c, const struct control_request *rq, int *fd, struct err *err);

/** sockets_reset() - the container is over: take no more */
void sockets_reset(struct container *c);
