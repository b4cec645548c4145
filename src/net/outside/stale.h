/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/nft.h"
#include "net/netlink/link.h"
#include "net/outside/opened.h"

/*
 * Cleans up after moats that were killed: tables of rules whose interface is gone or is of our own
 * folder, interfaces of our own folder, and settings of the host that only a table tells of.
 */

/* What is still in use, and is taken over. */
struct stale_kept {
	unsigned number;
	int index;	      /* of the interface; 0: none is in use */
	bool has_table;	      /* the table of that number is there */
	struct opened opened; /* interfaces that pass packets on for it; owned */
};

typedef void (*stale_fn)(struct stale_kept *kept, void *arg);

/**
 * stale_clean() - put back what has been left
 * @folder: of moat-net; borrowed
 * @keep:   index of the interface that is in use; 0: none
 * @fn:     called once when all is clean; it takes over what is in @kept
 *
 * Return: 0; -ENOMEM.
 */
int stale_clean(struct nft *nft, struct netlink *nl, const char *folder, int keep, stale_fn fn,
		void *arg);
