/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* Networks, and the containers on them. */
struct networks;
struct hub;
struct state;

/**
 * networks_open() - what the database has
 * @root, @root_fd: the data root; borrowed, as are the others
 * @ret:            owned, networks_close()
 *
 * Return: 0; -errno with a message.
 */
int networks_open(const char *root, int root_fd, struct state *state, struct hub *hub,
		  struct networks **ret, struct err *err);

/** networks_close() - NULL is accepted */
void networks_close(struct networks *nets);
