/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/networks.h"

/*
 * Which taps of moat-net are in use: networks_tap() and networks_tap_back() are here, too.
 */

/** taps_settle() - this moatd knows of everything that runs: taps of machines that ended with the
 * one before are given back.  Waits for moat-net. */
void taps_settle(struct networks *nets);
