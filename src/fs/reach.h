/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/node.h"

/* Descriptors of nodes. */

#define STATX_WANTED (STATX_BASIC_STATS | STATX_BTIME)

/**
 * reach() - a descriptor of a node
 * @ret_fd: O_PATH; borrowed until reach_done()
 *
 * Where it is not open, it is opened from the folder it was last seen in, one name at a time from
 * the nearest folder that is open, and each must be what it was.
 *
 * Return: 0; -ESTALE where something else is there, or nothing; -EMFILE; -errno.
 */
int reach(struct nodes *t, struct node *n, int *ret_fd);

/** reach_done() - after reach() that succeeded */
void reach_done(struct nodes *t, struct node *n);

/** reach_pin() - its descriptor stays until the guest has forgotten the node, so it is the same
 * file whatever becomes of its name.  Return: false where too many have one, or it is not there. */
bool reach_pin(struct nodes *t, struct node *n);

/** reach_stat() - @ret: with STATX_WANTED.  Return: as reach(). */
int reach_stat(struct nodes *t, struct node *n, struct statx *ret);

/** reach_idle() - its descriptor, if it has one, could be closed, if nobody else uses it; under the
 * nodes' lock */
void reach_idle(struct nodes *t, struct node *n);

/** reach_keep() - it is not to be closed; the same */
void reach_keep(struct nodes *t, struct node *n);

/** reach_drop() - it is freed; the same */
void reach_drop(struct nodes *t, struct node *n);
