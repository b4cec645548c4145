/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/ports.h"

/* A socket of the host's for one port of a container. */

/**
 * port_socket_open() - bind a socket, which listens where it is TCP
 * @b:        the wish; of a range the first free port is taken
 * @port:     0, or a port that it had before and must get again
 * @ret_fd:   owned; of both families where @b names no address and the host has both
 * @ret_port: the port that was bound
 *
 * Return: 0; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL; -errno; with a message that says which port.
 */
int port_socket_open(const struct port_binding *b, uint16_t port, int *ret_fd, uint16_t *ret_port,
		     struct err *err);

/** port_socket_number() - the port of a socket; 0 where it is not bound */
uint16_t port_socket_number(int fd);

/** port_socket_is_dual() - does a socket serve both families? */
bool port_socket_is_dual(int fd);
