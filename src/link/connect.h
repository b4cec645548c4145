/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/wire.h"

/* Payloads of CONNECT and CALL, connections of unix sockets between host and container
 * (docs/LINK.md). */

#define LINK_CALLS_MAX 64u /* of a container, that the host has not answered */

struct link_connect {
	uint32_t call; /* the connection it told of; 0: make one */
	char *path;    /* of the socket in the container, absolute; "" for a call */
};

/** link_connect_put() - append the payload.  Return: 0; -ENOMEM. */
int link_connect_put(struct buf *b, const struct link_connect *c);

/** link_connect_get() - @ret: link_connect_reset().  Return: 0; -EBADMSG; -ENOMEM. */
int link_connect_get(struct wire_view payload, struct link_connect *ret);

void link_connect_reset(struct link_connect *c);

/* Somebody in the container has connected to a socket that moat-init listens on. */
struct link_call {
	uint32_t number; /* the container's own; not 0 */
	uint8_t socket;	 /* which one, by its place in the container's options */
};

/** link_call_put() - append the payload.  Return: 0; -ENOMEM. */
int link_call_put(struct buf *b, const struct link_call *c);

/** link_call_get() - Return: 0; -EBADMSG. */
int link_call_get(struct wire_view payload, struct link_call *ret);
