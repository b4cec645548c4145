/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "daemon/network/networks.h"
#include "daemon/spec/ports.h"

/*
 * The published ports of containers that run: sockets of the host's, which moat-net serves.  moatd
 * has them bound, and keeps them, so that a moat-net that has to be started again gets them with
 * all connections that came meanwhile.
 *
 * For one container these are called by who holds its op lock, but for ports_describe().
 */

/**
 * ports_bind() - a start begins: bind the ports of a container
 * @plan: moved
 *
 * A container that nothing outside can reach has none.
 *
 * Return: 0; -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, -EMFILE; with a message that says which port;
 * -ENOMEM.
 */
int ports_bind(struct networks *nets, const char *id, struct port_plan *plan, struct err *err);

/** ports_found() - as ports_bind(), for a container that ran before this moatd: sockets are got
 * from moat-net, or bound again.  A port that somebody else has by now is logged, and left out.
 * Return: 0; -ENOMEM. */
int ports_found(struct networks *nets, const char *id, struct port_plan *plan);

/** ports_given_up() - wait until the ports of a container that has ended are free.  @id: NULL: of
 * all */
void ports_given_up(struct networks *nets, const char *id);

/** ports_describe() - list a container's ports as docker does: an array of {IP, PrivatePort,
 * PublicPort, Type}, by port; owned; NULL when out of memory.  Empty where it does not run. */
json_t *ports_describe(struct networks *nets, const char *id);
