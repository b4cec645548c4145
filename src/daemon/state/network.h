/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "base/mac.h"
#include "daemon/state/state.h"

/*
 * Networks and who is on them.  An endpoint is a container on a network; it names the network by
 * its name, as containers do, so it may outlive the network and meet another one of that name.
 * The database sees to it that no two endpoints of a network have one address.
 */

struct network_record {
	char id[ID_LEN + 1];
	char *name;
	int64_t created_nsec;
	char *driver;
	char *config; /* JSON text */
};

/* What an endpoint has been given; none of it, or of it all that its network has. */
struct lease_record {
	struct ip ip4, ip6;
	char mac[MAC_TEXT_MAX]; /* "" for none */
};

struct endpoint_record {
	char id[ID_LEN + 1];
	char container[ID_LEN + 1];
	char *network; /* its name */
	unsigned slot; /* of the container's NIC, for as long as there is the endpoint */
	char *config;  /* JSON text: what was asked for */
	struct lease_record lease;
	bool is_new; /* of a container that is being made: on the disk with that one's row */
};

/** network_record_reset(), endpoint_record_reset() - free what they hold */
void network_record_reset(struct network_record *n);
void endpoint_record_reset(struct endpoint_record *e);

/** state_add_network() - Return: 0; -EEXIST when the name is taken; -ENOSPC, -EIO with a message.
 */
int state_add_network(struct state *st, const struct network_record *n, struct err *err);

/** state_change_network() - another configuration, with which its endpoints lose what they have
 * been given.  Return: 0; -ENOSPC, -EIO with a message. */
int state_change_network(struct state *st, const struct network_record *n, struct err *err);

/** state_remove_network() - and its endpoints lose what they have been given.  Return: 0; -ENOSPC,
 * -EIO with a message. */
int state_remove_network(struct state *st, const char *name, struct err *err);

/** state_each_network() - oldest first.  @fn: may move what @n holds.  Return: 0; what @fn
 * returned; -EIO with a message. */
int state_each_network(struct state *st, int (*fn)(struct network_record *n, void *arg), void *arg,
		       struct err *err);

/** state_put_endpoint() - a new one, or another configuration and slot.  Return: 0; -ENOSPC,
 * -EIO with a message. */
int state_put_endpoint(struct state *st, const struct endpoint_record *e, struct err *err);

/** state_lease() - what an endpoint has been given from now on.  A power loss may take that, until
 * something else is written: whoever has it does not run then.  Return: 0; -EEXIST when another
 * one of its network has some of that; -ENOSPC, -EIO with a message. */
int state_lease(struct state *st, const struct endpoint_record *e, struct err *err);

/** state_remove_endpoint() - @network: NULL for all of the container.  A container's go with it.
 * Return: 0; -ENOSPC, -EIO with a message. */
int state_remove_endpoint(struct state *st, const char *container, const char *network,
			  struct err *err);

/** state_each_endpoint() - a container's by their slots.  As state_each_network(). */
int state_each_endpoint(struct state *st, int (*fn)(struct endpoint_record *e, void *arg),
			void *arg, struct err *err);
