/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "guest/process/stdfds.h"
#include "oci/process.h"

struct spawned {
	pid_t pid;	      /* as moat-init sees it */
	int status_fd;	      /* a report, then end of file; non-blocking, owned */
	struct stdfds stdfds; /* our ends, owned */
	bool is_first;
};

/**
 * spawn_process() - fork a process of a container
 *
 * The first call makes its first process, later ones join it.  The status descriptor tells whether
 * the program could be executed.
 *
 * Return: 0; -ESRCH when the container is over; -EAGAIN when the limit of processes is reached;
 * -errno.
 */
int spawn_process(struct container *c, const struct oci_process *p, struct spawned *ret,
		  struct err *err);
