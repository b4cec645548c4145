/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/request.h"

struct container;
struct conn;

/* How a container wants the machine's network to be, from its start on. */
struct network_wish {
	bool wanted; /* NETWORK goes out before CONTAINER */
	struct oci_network network;
	uint32_t asked; /* number of the NETWORK that is not answered yet; 0: none */
	struct err err; /* the guest's answer; code 0: the network is as wanted */
};

/** network_take() - note the network that `add` asks for.  Return: 0; -ENODEV where the machine's
 * NIC hangs on nothing; with a message; -ENOMEM. */
int network_take(struct container *c, const struct control_request *rq, struct err *err);

/** network_offer() - tell the guest of the network, before it is told of the container.  Return: 0;
 * -ENOMEM; -errno of link_send(). */
int network_offer(struct container *c);

/** network_settled() - was NETWORK answered, as it must be before the guest says READY?  Return: 0;
 * -EBADMSG where it was not. */
int network_settled(const struct container *c);

/** network_change() - have the guest change its network; conn is answered then.  Return: 0; -ENODEV
 * as network_take(); -errno; with a message. */
int network_change(struct container *c, struct conn *conn, const struct control_request *rq,
		   struct err *err);

/** network_answered() - the guest's answer to NETWORK.  Return: 0; -EBADMSG. */
int network_answered(struct container *c, struct wire_view payload);

void network_wish_reset(struct network_wish *w);
