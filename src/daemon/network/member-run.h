/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/member.h"

/**
 * member_begin() - begin a start: get addresses, and have the networks made
 * @ret: for the machine and the container; wiring_reset()
 *
 * Return: 0; -ENOENT for a network that was removed; -EBUSY, -EADDRNOTAVAIL; -EACCES, -EIO where
 * this host lets this user have no network; with a message.
 */
int member_begin(struct networks *nets, const char *id, struct wiring *ret, struct err *err);

/** member_plug() - connect a container, whose machine is there, to its networks.  @tap: of the
 * machine; "" where it has none.  Return: 0; -errno with a message. */
int member_plug(struct networks *nets, const char *id, const char *tap, struct err *err);

/** member_end() - the container does not run any more, or its start has failed.  Returns at once,
 * whatever moat-net does. */
void member_end(struct networks *nets, const char *id);

/** member_found() - note a container that ran before this moatd, and has not ended as far as is
 * known.  @tap, @tap_fd: of its machine; "" and -1 where it has none; borrowed */
void member_found(struct networks *nets, const char *id, const char *tap, int tap_fd);

/** member_renew() - have moat-net told again where a container is.  @ret: to be told to its
 * machine, in case it was not; wiring_reset().  Return: 0; -errno with a message. */
int member_renew(struct networks *nets, const char *id, struct wiring *ret, struct err *err);
