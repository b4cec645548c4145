/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/wire.h"

/* Payloads of CONNECT and CALL, connections of unix sockets between host and container
 * (docs/LINK.md). */

#define LINK_CALLS_MAX 64u /* calls of a container that the host has not answered */

struct link_connect {
	uint32_t call; /* number of the guest's CALL whose connection is meant; 0: @path's */
	char *path;    /* of the socket in the container, absolute; "" where @call is set */
};

/** link_connect_put() - append the payload.  Return: 0; -ENOMEM. */
int link_connect_put(struct buf *b, const struct link_connect *c);

/** link_connect_get() - read the payload.  @ret: link_connect_reset().  Return: 0; -EBADMSG;
 * -ENOMEM. */
int link_connect_get(struct wire_view payload, struct link_connect *ret);

void link_connect_reset(struct link_connect *c);

/* Somebody in the container has connected to a socket that moat-init listens on. */
struct link_call {
	uint32_t number; /* of this call, chosen by the container; not 0 */
	uint8_t socket;	 /* which socket, by its place in the container's options */
};

/** link_call_put() - append the payload.  Return: 0; -ENOMEM. */
int link_call_put(struct buf *b, const struct link_call *c);

/** link_call_get() - read the payload.  Return: 0; -EBADMSG. */
int link_call_get(struct wire_view payload, struct link_call *ret);
