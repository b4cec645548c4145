/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "daemon/network/networks.h"

/** keeper_event() - what moat-net told on its own: for the log, and for whoever reads events.
 * @packet: of net_watch() */
void keeper_event(struct networks *nets, const char *packet, size_t len);
