/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/queue.h>

#include "control/request.h"
#include "link/connect.h"

struct container;
struct listener;

/*
 * Unix sockets between host and container.  A connection is a struct process: one stream of the
 * guest link, with one client.
 */

/* A connection that the guest told of, and watchers were told of. */
struct open_call {
	uint32_t number; /* 0: this place is free */
	uint64_t since_usec;
};

struct sockets {
	LIST_HEAD(, listener) listeners; /* sockets of the host that lead into the container */
	struct open_call calls[LINK_CALLS_MAX];
	uint32_t last_call;
	struct source *timer; /* refuses calls that nobody answers */
};

/** sockets_listen() - once the container runs, connect whoever connects to a socket of the host's
 * to one in it.  @fd: taken over on success.  Return: 0; -ENOSPC; -EINVAL; -errno; with a message.
 */
int sockets_listen(struct container *c, const struct control_request *rq, int *fd, struct err *err);

/** sockets_started() - the container runs: begin to accept */
void sockets_started(struct container *c);

/** sockets_called() - the guest tells of a connection: CALL.  Return: 0; -EBADMSG; -errno of
 * link_send(). */
int sockets_called(struct container *c, const struct link_call *call);

/** sockets_answer() - connect or refuse a CALL of the guest's.  @fd: connection to whoever serves
 * the socket, taken over on success; -1: refuse.  Return: 0; -ESRCH where the call waits no more;
 * -errno; with a message. */
int sockets_answer(struct container *c, const struct control_request *rq, int *fd, struct err *err);

/** sockets_reset() - the container is over: accept and answer no more */
void sockets_reset(struct container *c);
