/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/networks.h"

/* Knows which taps of moat-net are in use. */

/**
 * networks_tap() - get a tap for a machine, which is on no network yet
 * @ret_fd:   owned
 * @ret_name: at least 16 bytes
 *
 * Return: 0; -EACCES, -EIO where this host lets this user have none, with a message that says why;
 * -errno with a message.
 */
int networks_tap(struct networks *nets, int *ret_fd, char *ret_name, struct err *err);

/** networks_tap_back() - give back the tap of a machine that has ended.  Returns at once. */
void networks_tap_back(struct networks *nets, const char *name);

/** taps_settle() - this moatd knows everything that runs: give back taps of machines that ended
 * with the moatd before.  Waits for moat-net. */
void taps_settle(struct networks *nets);
