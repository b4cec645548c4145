/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/container.h"

/*
 * Work on a container's files.  Each operation is a struct process that is not listed among the
 * execs.  The guest must have set the container up; no process has to run in it.
 */

/**
 * files_request() - begin an operation; conn is answered when it has begun, or could not
 * @fd: taken over once the operation has it
 *
 * Return: 0; -EINVAL; -ESRCH when the container is over; -EEXIST; -errno; with a message.
 */
int files_request(struct container *c, struct conn *conn, const struct control_request *rq, int *fd,
		  struct err *err);

/** files_ready() - the guest has set the container up: begin the operations asked for before */
void files_ready(struct container *c);
