/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/json.h"

/* Networks, and containers on them. */
struct networks;
struct hub;
struct settings_file;
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

/** networks_use_settings() - have these count for ports that are published from now on.  @file:
 * borrowed */
void networks_use_settings(struct networks *nets, struct settings_file *file);

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
