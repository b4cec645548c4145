/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/client.h"

/** shim_pid() - find the process of a shim, whether it answers or not.  Return: 0: there is none;
 * -errno. */
pid_t shim_pid(struct shim_ref shim);

/**
 * shim_end() - kill a shim that does not answer; its machine ends with it
 *
 * Return: 0; -ESRCH when there is none; -errno.
 */
int shim_end(struct shim_ref shim);

/**
 * shim_ask_end() - request the end of a machine: CONTROL_KILL or CONTROL_SHUTDOWN
 *
 * A shim that does not even take the request is killed, and its machine with it.
 *
 * Return: 0 when the end is on its way; -ECONNREFUSED with a message when the shim is gone; -errno
 * with a message.
 */
int shim_ask_end(struct shim_ref shim, enum control_op op, struct err *err);

/**
 * shim_finish() - wait until a machine, whose container has ended, has cleaned its disks and is
 * gone
 * @timeout_msec: after this it is killed
 */
void shim_finish(struct shim_ref shim, int timeout_msec);
