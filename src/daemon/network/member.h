/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/endpoint-config.h"
#include "daemon/network/networks.h"
#include "daemon/network/wiring.h"

/*
 * A container as networks see it: names, and an endpoint on each of its networks.  Its wishes are
 * stored, and so are its addresses, which it keeps over restarts unless somebody else asks for one
 * while it does not run.
 *
 * Functions for one container are called with its op lock held, except member_end() and those that
 * only read.
 */

/* All is borrowed. */
struct member_names {
	const char *id; /* of the container */
	const char *name, *hostname, *domainname;
	const struct ip *servers; /* servers for names that no network knows; none: the host's */
	size_t n_servers;
};

/* A network that a container is to be on. */
struct member_wish {
	char *network; /* its name, from network_resolve(); owned */
	struct endpoint_config config;
};

void member_wishes_free(struct member_wish *wishes, size_t n);

/**
 * member_add() - add a new container
 * @wishes: the first is the network of its NetworkMode; their content is moved
 *
 * Addresses that are asked for are its own from now on.
 *
 * Return: 0; -ENOENT for a network that is not there any more; -EINVAL, -EBUSY with a message;
 * -ENOSPC, -EIO; -ENOMEM.
 */
int member_add(struct networks *nets, const struct member_names *names, struct member_wish *wishes,
	       size_t n, struct err *err);

/** member_load() - add a container that was made before this moatd began.  Return: 0; -ENOMEM. */
int member_load(struct networks *nets, const struct member_names *names);

/** members_tidy() - forget endpoints of containers that do not exist any more, when all have been
 * loaded */
void members_tidy(struct networks *nets);

/** member_forget() - forget a container that was removed, or could not be made */
void member_forget(struct networks *nets, const char *id);

/** member_rename() - give a member another name */
void member_rename(struct networks *nets, const char *id, const char *name);
