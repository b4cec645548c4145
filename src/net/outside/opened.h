/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/netlink/link.h"

/* Interfaces of the host that pass packets on only because moat needs it. */

enum opened_kind {
	OPENED_4,	  /* on a host that passed on nothing of IPv4 */
	OPENED_6,	  /* the same of IPv6 */
	OPENED_4_BESIDES, /* on a host that did, except by these */
	OPENED_KINDS,
};

struct opened {
	char **names[OPENED_KINDS];
};

/** opened_set() - get the name of the table's set that lists them */
const char *opened_set(enum opened_kind kind);

/**
 * opened_look() - find interfaces that have to pass on a family's packets for moat's sake, as the
 * host is now
 * @but: name of an interface to leave out
 *
 * Where the host has begun to pass on everything, as for another program's containers, it does so
 * for its own sake, and moat's interfaces are none of moat's any more.
 *
 * Return: 1 where @o has changed, or somebody closed one of them; 0; as forwarding_missing().
 */
int opened_look(struct opened *o, struct netlink *nl, uint8_t family, const char *but);

/** opened_open() - have all of them pass packets on */
void opened_open(const struct opened *o);

/** opened_put_back() - have none of them pass packets on for moat's sake any more */
void opened_put_back(struct opened *o);

void opened_reset(struct opened *o);
