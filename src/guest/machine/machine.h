/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "guest/container/namespaces.h"
#include "guest/machine/reclaim.h"
#include "guest/machine/timekeeper.h"
#include "guest/network/network.h"

struct container;

/* State of moat-init; one per machine, made in main(). */
struct machine {
	struct loop *loop;
	struct link_conn *link; /* NULL until the port is open */
	struct timekeeper timekeeper;
	struct reclaim reclaim;
	struct network network;	      /* of all containers */
	struct namespaces own;	      /* moat-init's own, to come back to */
	int pid_fd;		      /* moat-init's pid namespace */
	struct container *containers; /* containers that the host has named */
	struct container *vacant;     /* a container prepared for the host to name; NULL: none */
	bool has_time;		      /* MACHINE has come */
	bool is_ending;		      /* SHUTDOWN has come */
	bool is_down;		      /* DOWN was sent */

	/** idle() - a container's last process is gone; the container may be freed in here */
	void (*idle)(struct container *c);
};
