/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/nft.h"
#include "net/common/wire.h"

/*
 * The way from moat's namespace outside, and from the host into it.  As root, a pair of virtual
 * Ethernet with routes and one table of rules on the host; else a program that speaks for moat's
 * namespace with sockets of the host's.
 */

struct shortcuts;
struct uplink;

/** uplink_fn - tells how the way outside is now */
typedef void (*uplink_fn)(const struct wire_place *place, void *arg);

/** uplink_firewall_fn - tells what in the host's own rules would stop containers.  @text: "":
 * nothing */
typedef void (*uplink_firewall_fn)(const char *text, void *arg);

/** uplink_ended_fn - tells that everything is put back on the host */
typedef void (*uplink_ended_fn)(void *arg);

struct uplink_setup {
	struct loop *loop;
	const char *folder; /* of moat-net; its things are known by it; borrowed */
	uplink_fn fn;	    /* called when a wish is fulfilled or cannot be, and at later changes */
	uplink_firewall_fn firewall;
	void *arg;
};

struct uplink_kind {
	/** Return: 0; -errno with a message. */
	int (*new)(const struct uplink_setup *setup, struct uplink **ret, struct err *err);
	void (*free)(struct uplink *u);
	/** Begins, and removes what a killed moat-net has left.  @namespace_fd: moat's network
	 * namespace, taken over; @peer: index of this side's end of a way outside that is there,
	 * and is taken over; 0: there is none. */
	void (*begin)(struct uplink *u, int namespace_fd, int peer);
	/** Says how the way outside is to be from now on. */
	void (*wish)(struct uplink *u, const struct wire_uplink *wish);
	/** The shortcuts past the relay; NULL where there are none by this
	 * way, or they are not wished for. */
	struct shortcuts *(*shortcuts)(struct uplink *u);
	/** Ends, and leaves nothing on the host. */
	void (*end)(struct uplink *u, uplink_ended_fn fn, void *arg);
};

extern const struct uplink_kind uplink_veth; /* with root's rights */
extern const struct uplink_kind uplink_user; /* without them */
