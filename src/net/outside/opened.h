/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/netlink/link.h"

/*
 * Interfaces of the host that pass packets on for moat's sake alone, and what becomes of that.
 */

enum opened_kind {
	OPENED_4,	  /* on a host that passed on nothing of IPv4 */
	OPENED_6,	  /* the same of IPv6 */
	OPENED_4_BESIDES, /* on one that did, but for these */
	OPENED_KINDS,
};

struct opened {
	char **names[OPENED_KINDS];
};

/** opened_set() - how the set of the table is called that has them */
const char *opened_set(enum opened_kind kind);

/**
 * opened_look() - what has to pass on a family's packets for moat's sake, as the host is now
 * @but: the name of an interface that is left out
 *
 * Where the host has begun to pass on everything, as for another program's containers, it does so
 * for its own sake, and moat's interfaces are none of moat's any more.
 *
 * Return: 1 where others are in @o than before, or one of them was closed by somebody; 0; as
 * forwarding_missing().
 */
int opened_look(struct opened *o, struct netlink *nl, uint8_t family, const char *but);

/** opened_open() - have all pass packets on */
void opened_open(const struct opened *o);

/** opened_put_back() - have none do so for moat's sake any more */
void opened_put_back(struct opened *o);

void opened_reset(struct opened *o);
