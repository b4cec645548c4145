/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* A machine for the files of a container that does not run. */

/**
 * container_yield() - end the machine that is there for a stopped container's files, if there is
 * one
 * @patient: wait for who uses it
 * @keep:    what was written is wanted: let it make its disks clean
 *
 * To be called with the container's op lock held.
 *
 * Return: 0 when there is none; -EBUSY with a message while it is in use; -ETIMEDOUT with a
 * message.
 */
int container_yield(struct container *c, bool patient, bool keep, struct err *err);

/**
 * container_hold() - have a machine: the container's own if it runs
 * @mounts:      one that is there for its files has its mounts, but for those in memory
 * @client_fd:   who wants that waits for who uses one without them, while this client is there; -1:
 *               none
 * @ret_stopped: it does not run; to be given to container_release()
 *
 * Return: 0; -EBUSY; -ENOENT; -EPIPE when the client has gone; -errno; with a message.
 */
int container_hold(struct container *c, bool mounts, int client_fd, bool *ret_stopped,
		   struct err *err);

/** container_filled() - the machine for its files has its mounts by now, and its volumes what the
 * image has for them */
void container_filled(struct container *c);

/** container_release() - a machine is not needed any more */
void container_release(struct container *c);
