/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/*
 * Unix sockets between host and container.  moatd binds those of the host's and hands them to the
 * shim; no byte of theirs passes through here.
 */

/** container_sockets_listen() - its machine is there: publish its sockets.  Return: 0; -EADDRINUSE,
 * -EEXIST, -ENOENT, -EACCES; -errno; with a message that names the path. */
int container_sockets_listen(struct container *c, struct err *err);

/** container_sockets_remove() - it does not run any more: remove the sockets' files that nobody
 * else has taken */
void container_sockets_remove(const struct container *c);

/** container_socket_called() - somebody in it connected to a socket that is the host's to serve.
 * @call: of the shim's event.  Returns at once. */
void container_socket_called(struct container *c, uint32_t call);
