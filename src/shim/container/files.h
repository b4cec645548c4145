/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/request.h"

struct conn;
struct process;
struct shim;

/*
 * Work on the container's files: an operation is a process of a kind, without a place among the
 * execs.  A machine that was started for nothing else ends by itself soon after the last one.
 */

/**
 * files_request() - begin an operation; the answer comes when it has begun, or could not
 * @fd: taken over when the operation has it
 *
 * Return: 0; -EINVAL; -EBUSY when the container is paused or does not run yet; -ESRCH when it is
 * over; -EEXIST; -errno; with a message.
 */
int files_request(struct shim *s, struct conn *conn, struct control_request *request, int *fd,
		  struct err *err);

/** files_ready() - the guest is ready: begin what has come before */
void files_ready(struct shim *s);

/** files_check_idle() - an operation is over, or a machine for nothing else has been started */
void files_check_idle(struct shim *s);
