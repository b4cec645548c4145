/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/member.h"

/**
 * member_connect() - connect a container to one more network; at once where it runs
 * @wish: as of member_add()
 * @ret:  where it runs, to be told to the machine; wiring_reset()
 *
 * Return: 1 where it runs; 0; -EPERM when it is on that network; -EINVAL, -EBUSY, -EADDRNOTAVAIL;
 * -errno; with a message.
 */
int member_connect(struct networks *nets, const char *id, struct member_wish *wish,
		   struct wiring *ret, struct err *err);

/** member_disconnect() - take a container off a network.  @network: name of network_resolve(), or
 * of a network that was removed.  Return: as member_connect(); -EPERM when it is not on that
 * network. */
int member_disconnect(struct networks *nets, const char *id, const char *network,
		      struct wiring *ret, struct err *err);
