/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/spec/ports.h"

/* A socket of the host's for one port of a container. */

/**
 * port_socket_open() - bound, and listening where it is TCP
 * @b:        what is asked for; of a range the first that is free, else any that is free
 * @port:     0, or the one that it had before, which is to be had again
 * @ret_fd:   owned; of both families where @b names no address and the host has both
 * @ret_port: on which it is
 *
 * Return: 0; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL; -errno; with a message that says which port.
 */
int port_socket_open(const struct port_binding *b, uint16_t port, int *ret_fd, uint16_t *ret_port,
		     struct err *err);

/** port_socket_number() - on which port a socket is; 0 where it is not bound */
uint16_t port_socket_number(int fd);

/** port_socket_is_dual() - does it serve both families? */
bool port_socket_is_dual(int fd);
