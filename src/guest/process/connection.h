/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "link/connect.h"

/*
 * Connections between the host and unix sockets of a container.  Each is a stream of the link, as a
 * process is: STARTED or FAILED, data under credit both ways, and EXITED at its end.
 */

struct connection;

/** connection_start() - connect, for a stream.  Return: 0, also when there is no such socket, which
 * the host is told; -errno when it cannot be told. */
int connection_start(struct container *c, uint32_t stream, const struct link_connect *what);

/** connection_find() - find a connection by its stream; NULL where the stream is none, or over */
struct connection *connection_find(const struct machine *m, uint32_t stream);

/** connection_input(), connection_input_end() - bytes, and their end, from the host.  Return: 0;
 * -errno. */
int connection_input(struct connection *k, const void *data, size_t len);
int connection_input_end(struct connection *k);

/** connection_output_ready() - the host has granted credit.  Return: 0; -errno. */
int connection_output_ready(struct connection *k);

/** connection_end() - close a connection, and tell the host.  Return: 0; -errno. */
int connection_end(struct connection *k);

/** connections_end() - close all connections of a container, and tell the host */
void connections_end(struct container *c);
