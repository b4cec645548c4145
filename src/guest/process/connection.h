/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/container.h"
#include "link/connect.h"

/*
 * Connections between the host and unix sockets of a container.  Each is a stream of the link, as a
 * process is: STARTED or FAILED, data under credit both ways, and EXITED at its end.
 */

struct connection;

/** connection_start() - Return: 0, also when there is no such socket, of which the host hears;
 * -errno when not even that could be said. */
int connection_start(struct container *c, uint32_t stream, const struct link_connect *what);

/** connection_find() - NULL where the stream is none, or over */
struct connection *connection_find(const struct machine *m, uint32_t stream);

/** connection_input(), connection_input_end() - what the host sends.  Return: 0; -errno. */
int connection_input(struct connection *k, const void *data, size_t len);
int connection_input_end(struct connection *k);

/** connection_output_ready() - there is credit.  Return: 0; -errno. */
int connection_output_ready(struct connection *k);

/** connection_end() - close it, and say so.  Return: 0; -errno. */
int connection_end(struct connection *k);

/** connections_end() - the same of all that a container has */
void connections_end(struct container *c);
