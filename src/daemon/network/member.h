/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/endpoint-config.h"
#include "daemon/network/networks.h"
#include "daemon/network/wiring.h"

/*
 * A container as networks see it: names, and an endpoint on each network it is on.  What it asks
 * for is stored; so is what it has been given, which it keeps over restarts unless somebody else
 * asks for the same address while it does not run.
 *
 * Functions for one container are called by who holds its op lock, but for member_end() and those
 * that only read.
 */

/* Borrowed. */
struct member_names {
	const char *id; /* of the container */
	const char *name, *hostname, *domainname;
	const struct ip *servers; /* asked for names that no network has; none: the host's */
	size_t n_servers;
};

/* A network that a container is to be on. */
struct member_wish {
	char *network; /* its name, as network_resolve() says; owned */
	struct endpoint_config config;
};

void member_wishes_free(struct member_wish *wishes, size_t n);

/**
 * member_add() - a new container
 * @wishes: the first is the network of its NetworkMode; what they ask for is moved
 *
 * Addresses that are asked for are its own from now on.
 *
 * Return: 0; -ENOENT for a network that there is not any more; -EINVAL, -EBUSY with a message;
 * -ENOSPC, -EIO; -ENOMEM.
 */
int member_add(struct networks *nets, const struct member_names *names, struct member_wish *wishes,
	       size_t n, struct err *err);

/** member_load() - a container that was there before this moatd.  Return: 0; -ENOMEM. */
int member_load(struct networks *nets, const struct member_names *names);

/** members_tidy() - forget the endpoints of containers that are not there any more, when all have
 * been loaded */
void members_tidy(struct networks *nets);

/** member_forget() - a container was removed, or could not be made */
void member_forget(struct networks *nets, const char *id);

/** member_rename() - it has another name */
void member_rename(struct networks *nets, const char *id, const char *name);

/**
 * member_begin() - a start begins: have addresses, and networks that are there
 * @ret: what the machine and the container need to know; wiring_reset()
 *
 * Return: 0; -ENOENT for a network that was removed; -EBUSY, -EADDRNOTAVAIL; -EACCES, -EIO where
 * this host lets this user have no network; with a message.
 */
int member_begin(struct networks *nets, const char *id, struct wiring *ret, struct err *err);

/** member_plug() - its machine is there: let it onto its networks.  @tap: of the machine; ""
 * where it has none.  Return: 0; -errno with a message. */
int member_plug(struct networks *nets, const char *id, const char *tap, struct err *err);

/** member_end() - it does not run any more, or its start has failed.  Returns at once, whatever
 * moat-net does. */
void member_end(struct networks *nets, const char *id);

/** member_found() - it runs since before this moatd, and nobody has heard yet of its end.  @tap,
 * @tap_fd: of its machine; "" and -1 where it has none; borrowed */
void member_found(struct networks *nets, const char *id, const char *tap, int tap_fd);

/** member_renew() - have moat-net told again where it is.  @ret: what its machine is to be told, in
 * case it was not; wiring_reset().  Return: 0; -errno with a message. */
int member_renew(struct networks *nets, const char *id, struct wiring *ret, struct err *err);

/**
 * member_connect() - be on one more network; at once where it runs
 * @wish: as of member_add()
 * @ret:  where it runs, what the machine is to be told; wiring_reset()
 *
 * Return: 1 where it runs; 0; -EPERM when it is on that network; -EINVAL, -EBUSY, -EADDRNOTAVAIL;
 * -errno; with a message.
 */
int member_connect(struct networks *nets, const char *id, struct member_wish *wish,
		   struct wiring *ret, struct err *err);

/** member_disconnect() - @network: as network_resolve() says, or a network that was removed.
 * Return: as member_connect(); -EPERM when it is not on that network. */
int member_disconnect(struct networks *nets, const char *id, const char *network,
		      struct wiring *ret, struct err *err);
