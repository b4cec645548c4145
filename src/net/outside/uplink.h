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

/** Everything is put back. */
typedef void (*uplink_ended_fn)(void *arg);

struct uplink_setup {
	struct loop *loop;
	const char *folder; /* of moat-net, by which its things are known; borrowed */
	uplink_fn fn;	    /* called after each uplink_wish(), when it is so, or cannot be */
	void *arg;
};

/** uplink_new() - Return: 0; -errno with a message. */
int uplink_new(const struct uplink_setup *setup, struct uplink **ret, struct err *err);
void uplink_free(struct uplink *u);

/** uplink_begin() - remove what a killed moat-net has left, and take over what is still in use
 * @namespace_fd: moat's network namespace; taken over
 * @peer: index of this side's end of a way that is there; 0: there is none */
void uplink_begin(struct uplink *u, int namespace_fd, int peer);

/** uplink_wish() - how it is to be from now on */
void uplink_wish(struct uplink *u, const struct wire_uplink *wish);

/** uplink_end() - leave nothing on the host.  @fn: called when that is done */
void uplink_end(struct uplink *u, uplink_ended_fn fn, void *arg);
