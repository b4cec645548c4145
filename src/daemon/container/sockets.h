/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "daemon/spec/sockets.h"

/*
 * Unix sockets between host and container.  moatd binds those of the host's and hands them to the
 * shim; no byte that passes through them passes through moatd.
 */

/** container_sockets_listen() - the machine is there: publish the container's sockets.  Return: 0;
 * -EADDRINUSE, -EEXIST, -ENOENT, -EACCES; -errno; with a message that names the path. */
int container_sockets_listen(struct container *c, const struct socket_plan *plan, struct err *err);

/** container_sockets_remove() - the container does not run any more: remove its sockets' files that
 * nobody else has taken */
void container_sockets_remove(const struct container *c);

/** container_socket_called() - a process in the container connected to a socket that the host
 * serves: answer, in a thread.  @call: of the shim's event. */
void container_socket_called(struct container *c, uint32_t call);
