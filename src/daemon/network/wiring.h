/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "oci/network.h"

/* What a container's machine and its files must know of its networks.  Pure. */

/* An endpoint of a running container; all is borrowed. */
struct wire {
	const char *network; /* the network's name */
	unsigned slot;
	const char *prefix;		  /* of the interface's name */
	const char *interface;		  /* its whole name; NULL: prefix and slot */
	const char *mac;		  /* "02:42:…" */
	uint32_t mtu;			  /* 0: the default */
	struct ip_net address4, address6; /* with the prefix's length; none: there is none */
	struct ip gateway4, gateway6;
	bool internal;
	int64_t priority;
	char *const *sysctls;
};

#define WIRING_SERVERS_MAX 3u /* MAXNS of resolvers */

struct wiring {
	struct oci_network network;
	char **hosts;	/* lines of /etc/hosts with its own names, and its links */
	char **servers; /* name servers: gateways of its networks, as many as resolvers read */
	struct ip host; /* address by which it reaches the host; none: it does not */
};

void wiring_reset(struct wiring *w);

/**
 * wiring_make() - make interfaces, default routes and name servers
 * @wires: in the container's order
 *
 * The default route of a family is that of the first network that is not internal, among those of
 * the highest priority.
 *
 * Return: 0; -EINVAL, -ENOMEM with a message.
 */
int wiring_make(const struct wire *wires, size_t n, struct wiring *ret, struct err *err);

/** wiring_default() - find the endpoint with the default route of a family; -1: none */
int wiring_default(const struct wire *wires, size_t n, bool v6);

/** wiring_add_name() - add a line of /etc/hosts: "ADDRESS	NAMES".  Return: 0; -ENOMEM. */
int wiring_add_name(struct wiring *w, const struct ip *ip, const char *names);
