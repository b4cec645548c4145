/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* A machine for the files of a container that does not run. */

/**
 * container_yield() - end the machine that is there for a stopped container's files, if there is
 * one
 * @patient: wait for whoever uses it
 * @keep:    let the machine clean its disks, as what was written is wanted
 *
 * To be called with the container's op lock held.
 *
 * Return: 0 when there is none any more; -EBUSY with a message while it is in use; -ETIMEDOUT with
 * a message.
 */
int container_yield(struct container *c, bool patient, bool keep, struct err *err);

/**
 * container_hold() - have a machine for a container's files: the one it runs in, or one for this
 * @mounts:      the container's mounts are wanted, too; those in memory are there only while it
 *               runs
 * @client_fd:   with @mounts, who uses a machine without them is waited for while this client is
 *               there; -1: for ever
 * @ret_stopped: the container does not run; to be given to container_release()
 *
 * Return: 0; -EBUSY; -ENOENT; -EPIPE when the client has gone; -errno; with a message.
 */
int container_hold(struct container *c, bool mounts, int client_fd, bool *ret_stopped,
		   struct err *err);

/** container_filled() - note that the machine for the files has the mounts, and volumes their
 * content from the image */
void container_filled(struct container *c);

/** container_release() - give up a machine of container_hold() */
void container_release(struct container *c);
