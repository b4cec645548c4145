/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/nft.h"
#include "net/outside/host-rules.h"

/* moat's table, as it is among the host's rules: written, looked for, and removed. */

/** @result: 1: it is there; 0: it is not; -errno with a message */
typedef void (*host_table_found_fn)(int result, const char *message, void *arg);

struct host_table {
	struct nft *nft; /* borrowed */
	bool there;	 /* it was written or taken over, and not removed by moat */
	unsigned number; /* of the one that is there */
	host_table_found_fn found;
	void *found_arg;
};

/** host_table_write() - have the table written, in the place of the one that is there, which may
 * have another number.  @fn: as nft_change().  Return: 0; -ENOMEM. */
int host_table_write(struct host_table *t, const struct host_rules *rules, nft_done_fn fn,
		     void *arg);

/** host_table_remove() - have it removed, where it is there.  @fn: as nft_change().  Return: 0;
 * -ENOMEM. */
int host_table_remove(struct host_table *t, nft_done_fn fn, void *arg);

/** host_table_find() - have it looked for, as somebody else may have removed it.  One search at
 * a time.  Return: 0; -ENOMEM. */
int host_table_find(struct host_table *t, host_table_found_fn fn, void *arg);
