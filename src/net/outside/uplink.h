/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/nft.h"
#include "net/common/wire.h"

/*
 * The way from moat's namespace outside, and from the host into it.  As root, a pair of virtual
 * Ethernet with routes and one table of rules on the host; else a program that speaks for moat's
 * namespace with sockets of the host's.
 */

struct uplink;

/** @place: what there is now */
typedef void (*uplink_fn)(const struct wire_place *place, void *arg);

/** @text: what of the host's own rules would stop containers; "": nothing */
typedef void (*uplink_firewall_fn)(const char *text, void *arg);

/** Everything is put back. */
typedef void (*uplink_ended_fn)(void *arg);

struct uplink_setup {
	struct loop *loop;
	const char *folder; /* of moat-net, by which its things are known; borrowed */
	uplink_fn fn;	    /* called after each wish, when it is so, or cannot be, and when it is
			       otherwise later */
	uplink_firewall_fn firewall;
	void *arg;
};

struct uplink_kind {
	/** Return: 0; -errno with a message. */
	int (*new)(const struct uplink_setup *setup, struct uplink **ret, struct err *err);
	void (*free)(struct uplink *u);
	/** @namespace_fd: moat's network namespace, taken over; @peer: index of this side's end of
	 * a way that is there already, to be taken over; 0: there is none.  What a killed moat-net
	 * has left otherwise is removed. */
	void (*begin)(struct uplink *u, int namespace_fd, int peer);
	/** How it is to be from now on. */
	void (*wish)(struct uplink *u, const struct wire_uplink *wish);
	/** Leave nothing on the host. */
	void (*end)(struct uplink *u, uplink_ended_fn fn, void *arg);
};

extern const struct uplink_kind uplink_veth; /* for root */
extern const struct uplink_kind uplink_user; /* for others */
