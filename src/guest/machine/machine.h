/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "guest/container/namespaces.h"
#include "guest/machine/reclaim.h"
#include "guest/machine/timekeeper.h"
#include "guest/network/network.h"

struct container;

/* What moat-init knows of the machine it runs; one per machine, made in main(). */
struct machine {
	struct loop *loop;
	struct link_conn *link; /* NULL until the port is open */
	struct timekeeper timekeeper;
	struct reclaim reclaim;
	struct network network;	      /* that of all containers */
	struct namespaces own;	      /* moat-init's, to come back to */
	int pid_fd;		      /* its pid namespace */
	struct container *containers; /* those the host has given a number */
	struct container *vacant;     /* one that has its surroundings already; NULL: none */
	bool has_time;		      /* MACHINE has come */
	bool is_ending;		      /* SHUTDOWN has come */
	bool is_down;		      /* and was answered */

	/** idle() - the last process of a container is gone; the container may be freed */
	void (*idle)(struct container *c);
};
