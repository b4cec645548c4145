/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/machine/machine.h"

/* A spare machine and the container it was given to; owned, adoption_reset(). */
struct adoption {
	int dir_fd;		     /* the container's folder */
	int listen_fd;		     /* its control socket */
	struct shim_machine machine; /* none, where it has ended meanwhile */
};

#define ADOPTION_NONE ((struct adoption){ -1, -1, SHIM_MACHINE_NONE })

/**
 * spare_run() - have a machine ready that has already run a container once
 * @dir_fd:    the spare's folder, with config.json and machine.json of the rehearsal; borrowed
 * @keeper_fd: SOCK_SEQPACKET to moatd; borrowed
 * @from:      what the machine is restored from
 *
 * Tells the keeper when the machine is ready, and waits for a container, or for the keeper to go.
 *
 * Return: 1, @ret filled; 0 where the keeper has gone; -errno with a message.
 */
int spare_run(int dir_fd, int keeper_fd, const struct machine_template *from, struct adoption *ret,
	      struct err *err);

void adoption_reset(struct adoption *a);
