/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/request.h"

struct container;
struct conn;

/* What a container wants the machine's network to be: from its coming on, and while it runs. */
struct network_wish {
	bool wanted; /* before CONTAINER */
	struct oci_network network;
	uint32_t asked; /* the guest has yet to answer to this number; 0: it has */
	struct err err; /* what it said; code 0: the network is as it is wanted */
};

/** network_take() - note what `add` says.  Return: 0; -ENODEV where the machine's NIC hangs on
 * nothing; with a message; -ENOMEM. */
int network_take(struct container *c, const struct control_request *rq, struct err *err);

/** network_offer() - tell the guest, before it is told of the container.  Return: 0; -ENOMEM;
 * -errno of link_send(). */
int network_offer(struct container *c);

/** network_settled() - the container is ready, so this was answered before.  Return: 0; -EBADMSG
 * where it was not. */
int network_settled(const struct container *c);

/** network_change() - have the guest change it, and answer then.  Return: 0; -ENODEV as
 * network_take(); -errno; with a message. */
int network_change(struct container *c, struct conn *conn, const struct control_request *rq,
		   struct err *err);

/** network_answered() - the guest's NETWORK.  Return: 0; -EBADMSG. */
int network_answered(struct container *c, struct wire_view payload);

void network_wish_reset(struct network_wish *w);
