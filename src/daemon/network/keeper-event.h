/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "daemon/network/networks.h"

/**
 * keeper_event() - handle a message that moat-net sent on its own: for the log, and for readers of
 * events
 * @packet: of net_watch()
 */
void keeper_event(struct networks *nets, const char *packet, size_t len);
