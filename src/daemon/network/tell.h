/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/ip.h"
#include "daemon/network/networks.h"

/*
 * Tells moat-net.  A request says what is to be, not what has changed, and is made of the tables at
 * the moment of telling, so that it does not matter who tells last.
 */

/** tell_network() - have a network made.  @ret_host: the host's address for its containers; none:
 * they do not reach it.  Return: 0; -ENOENT when it was removed; -errno with a message. */
int tell_network(struct networks *nets, const char *name, struct ip *ret_host, struct err *err);

/** tell_network_gone() - have a removed network taken away; nothing is done where moat-net does not
 * run */
void tell_network_gone(struct networks *nets, const char *id);

/** tell_member() - tell on which networks a container is, and by which tap it is reached.  Return:
 * 0; -errno with a message. */
int tell_member(struct networks *nets, const char *id, struct err *err);

/** tell_all() - tell everything to a moat-net that is new, or new to this moatd; by the keeper,
 * while it is entered.  Failures are logged.  Return: 0; -ECONNREFUSED when moat-net is gone again.
 */
int tell_all(struct networks *nets);
