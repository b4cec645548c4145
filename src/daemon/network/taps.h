/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/networks.h"

/* Knows which taps of moat-net are in use; networks_tap() and networks_tap_back() are here, too. */

/** taps_settle() - this moatd knows everything that runs: give back taps of machines that ended
 * with the moatd before.  Waits for moat-net. */
void taps_settle(struct networks *nets);
