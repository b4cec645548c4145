/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/node.h"

/* Descriptors of nodes. */

#define STATX_WANTED (STATX_BASIC_STATS | STATX_BTIME)

/**
 * reach() - get a descriptor of a node
 * @ret_fd: O_PATH; borrowed until reach_done()
 *
 * A node that is not open is opened from the folder it was last seen in, one name at a time from
 * the nearest open folder, and each file must be the one that was known.
 *
 * Return: 0; -ESTALE where something else is there, or nothing; -EMFILE; -errno.
 */
int reach(struct nodes *t, struct node *n, int *ret_fd);

/** reach_done() - give the descriptor back after reach() succeeded */
void reach_done(struct nodes *t, struct node *n);

/** reach_pin() - keep a node's descriptor until the guest has forgotten the node, so that it is the
 * same file whatever becomes of its name.  Return: false where too many are kept, or the file is
 * gone. */
bool reach_pin(struct nodes *t, struct node *n);

/** reach_stat() - read a node's attributes.  @ret: with STATX_WANTED.  Return: as reach(). */
int reach_stat(struct nodes *t, struct node *n, struct statx *ret);

/** reach_idle() - a node's descriptor, if it has one, could be closed unless somebody else uses it;
 * under the nodes' lock */
void reach_idle(struct nodes *t, struct node *n);

/** reach_keep() - a node's descriptor must stay open; under the nodes' lock */
void reach_keep(struct nodes *t, struct node *n);

/** reach_drop() - a node is freed: close its descriptor; under the nodes' lock */
void reach_drop(struct nodes *t, struct node *n);
