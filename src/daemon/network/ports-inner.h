/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/inner.h"
#include "daemon/spec/ports.h"

/* The published ports of a member, as the files about them see them. */

struct published {
	struct port_binding binding; /* as asked for, with the address of its network's option */
	uint16_t host_port;
	int fd; /* owned; -1: somebody else has it */
};

struct ports {
	struct port_plan plan;
	struct published *list; /* in the plan's order; NULL while nothing outside reaches it */
	size_t n;
};

/** port_name() - by which moat-net knows the port of this place in the list: "ID.N" */
void port_name(const char *id, size_t i, char ret[NET_KEY_MAX + 1]);

/** ports_free() - closes the sockets; NULL is accepted */
void ports_free(struct ports *p);

/** ports_settle() - after a change of networks: bind what can be reached now, close what cannot.
 * Return: as ports_bind(). */
int ports_settle(struct networks *nets, const char *id, struct err *err);

/** tell_ports() - have moat-net serve them; while the keeper is entered.  Return: 0; -errno with a
 * message. */
int tell_ports(struct networks *nets, const char *id, struct err *err);
