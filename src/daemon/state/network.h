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

/* Addresses that an endpoint was given: none, or one of each kind that its network has. */
struct lease_record {
	struct ip ip4, ip6;
	char mac[MAC_TEXT_MAX]; /* "" for none */
};

struct endpoint_record {
	char id[ID_LEN + 1];
	char container[ID_LEN + 1];
	char *network; /* the network's name */
	unsigned slot; /* of the container's interface, as long as the endpoint exists */
	char *config;  /* JSON text of what was asked for */
	struct lease_record lease;
	bool is_new; /* its container is being made: the two rows reach the disk together */
};

/** network_record_reset(), endpoint_record_reset() - free what they hold */
void network_record_reset(struct network_record *n);
void endpoint_record_reset(struct endpoint_record *e);

/** state_add_network() - add a network.  Return: 0; -EEXIST when the name is taken; -ENOSPC, -EIO
 * with a message. */
int state_add_network(struct state *st, const struct network_record *n, struct err *err);

/** state_change_network() - change a network's configuration; its endpoints lose their addresses.
 * Return: 0; -ENOSPC, -EIO with a message. */
int state_change_network(struct state *st, const struct network_record *n, struct err *err);

/** state_remove_network() - remove a network; its endpoints lose their addresses.  Return: 0;
 * -ENOSPC, -EIO with a message. */
int state_remove_network(struct state *st, const char *name, struct err *err);

/** state_each_network() - call @fn for each network, oldest first; it may move what @n holds.
 * Return: 0; what @fn returned; -EIO with a message. */
int state_each_network(struct state *st, int (*fn)(struct network_record *n, void *arg), void *arg,
		       struct err *err);

/** state_put_endpoint() - add an endpoint, or change its configuration and slot.  Return: 0;
 * -ENOSPC, -EIO with a message. */
int state_put_endpoint(struct state *st, const struct endpoint_record *e, struct err *err);

/** state_lease() - record the addresses an endpoint is given.  They may be lost at a loss of power
 * until something else is written; no container runs then.  Return: 0; -EEXIST when another
 * endpoint of the network has one of them; -ENOSPC, -EIO with a message. */
int state_lease(struct state *st, const struct endpoint_record *e, struct err *err);

/** state_remove_endpoint() - remove an endpoint.  @network: NULL for all of the container's, which
 * its own removal also does.  Return: 0; -ENOSPC, -EIO with a message. */
int state_remove_endpoint(struct state *st, const char *container, const char *network,
			  struct err *err);

/** state_each_endpoint() - call @fn for each endpoint, a container's in the order of their slots.
 * As state_each_network(). */
int state_each_endpoint(struct state *st, int (*fn)(struct endpoint_record *e, void *arg),
			void *arg, struct err *err);
