/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/inner.h"
#include "daemon/spec/ports.h"

/* The published ports of a member, for the files about them. */

struct published {
	struct port_binding binding; /* the wish, with the address of its network's option */
	uint16_t host_port;
	int fd; /* owned; -1: not bound */
};

struct ports {
	struct port_plan plan;
	struct published *list; /* in the plan's order; NULL while it is not reached */
	size_t n;
};

/** port_name() - moat-net's name for the port at this place in the list: "ID.N" */
void port_name(const char *id, size_t i, char ret[NET_KEY_MAX + 1]);

/** ports_free() - close the sockets; NULL is accepted */
void ports_free(struct ports *p);

/** ports_settle() - after a change of networks, bind what can be reached now, and close what
 * cannot.  Return: as ports_bind(). */
int ports_settle(struct networks *nets, const char *id, struct err *err);

/** tell_ports() - have moat-net serve a container's ports; while the keeper is entered.  Return: 0;
 * -errno with a message. */
int tell_ports(struct networks *nets, const char *id, struct err *err);
