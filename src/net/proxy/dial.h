/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/route.h"

/** proxy_socket_fn - make a socket, close-on-exec and non-blocking, in the network namespace from
 * which services are reached; it may be connected already, or be about to.  @to: whom it will be
 * connected to; @arg: whatever it was given with.  Return: the descriptor; -errno. */
typedef int (*proxy_socket_fn)(const struct peer *to, int type, void *arg);

struct proxy_dialer {
	proxy_socket_fn socket; /* NULL: socket(2), in this process's own namespace */
	bool connects;		/* its sockets are connected already, to an end that it knows */
	void *arg;
};

/**
 * dial() - begin a connection to a service
 * @type:   SOCK_STREAM, SOCK_DGRAM
 * @ret_fd: owned by the caller; untouched on failure
 *
 * The first of the route's sources that can be had is used.
 *
 * Return: 0, also for a connection that is still being made; -errno.
 */
int dial(const struct proxy_dialer *d, const struct route *r, int type, int *ret_fd);
