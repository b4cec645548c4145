/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/container.h"

/*
 * Work on the container's files: an operation is a process of a kind, without a place among the
 * execs.  It needs no process of the container's, but that the guest has set it up.
 */

/**
 * files_request() - begin an operation; conn is answered when it has begun, or could not
 * @fd: taken over when the operation has it
 *
 * Return: 0; -EINVAL; -ESRCH when the container is over; -EEXIST; -errno; with a message.
 */
int files_request(struct container *c, struct conn *conn, const struct control_request *rq, int *fd,
		  struct err *err);

/** files_ready() - the guest is ready: begin what has come before */
void files_ready(struct container *c);
