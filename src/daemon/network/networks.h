/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/json.h"

/* Networks, and containers on them. */
struct networks;
struct hub;
struct state;

/**
 * networks_open() - load networks and members from the database
 * @root, @root_fd: the data root; borrowed, as are the others
 * @ret:            owned, networks_close()
 *
 * Return: 0; -errno with a message.
 */
int networks_open(const char *root, int root_fd, struct state *state, struct hub *hub,
		  struct networks **ret, struct err *err);

/**
 * networks_tap() - get a tap for a machine, which is on no network yet
 * @ret_fd:   owned
 * @ret_name: at least 16 bytes
 *
 * Return: 0; -EACCES, -EIO where this host lets this user have none, with a message that says why;
 * -errno with a message.
 */
int networks_tap(struct networks *nets, int *ret_fd, char *ret_name, struct err *err);

/** networks_tap_back() - give back the tap of a machine that has ended.  Returns at once. */
void networks_tap_back(struct networks *nets, const char *name);

/** networks_recovered() - all containers that run have been found: have moat-net give up everything
 * else of an earlier moatd's */
void networks_recovered(struct networks *nets);

/** networks_warning() - say what keeps containers from reaching the outside on this host, and what
 * to do.  @new: only where this moatd has told nobody yet.  Return: owned; NULL: nothing does. */
char *networks_warning(struct networks *nets, bool new);

/** networks_leave() - moatd ends: end moat-net, too, where no container runs */
void networks_leave(struct networks *nets);

/** networks_close() - NULL is accepted */
void networks_close(struct networks *nets);
