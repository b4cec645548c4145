/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/ip.h"
#include "daemon/network/networks.h"

/*
 * What moat-net is told.  Requests say what is to be, not what has changed; they are made of the
 * tables at the moment of telling, so that it does not matter who tells last.
 */

/** tell_network() - a network is needed.  @ret_host: the host as its containers reach it; none:
 * they do not.  Return: 0; -ENOENT when it was removed; -errno with a message. */
int tell_network(struct networks *nets, const char *name, struct ip *ret_host, struct err *err);

/** tell_network_gone() - it was removed; where moat-net does not run there is nothing to do */
void tell_network_gone(struct networks *nets, const char *id);

/** tell_member() - where a container is on its networks, by the tap of its machine.  Return: 0;
 * -errno with a message. */
int tell_member(struct networks *nets, const char *id, struct err *err);

/** tell_all() - all of it, to a moat-net that is new, or new to this moatd; by the keeper, while it
 * is entered.  What cannot be told is logged.  Return: 0; -ECONNREFUSED when it is gone again. */
int tell_all(struct networks *nets);
