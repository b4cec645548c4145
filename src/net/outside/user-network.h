/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/wire.h"

/* Chooses the one network that a program like slirp4netns has, between itself and moat's side.
 * Pure. */

/**
 * user_network_choose() - choose a network that overlaps none of moat's
 * @wish:     what is let out
 * @place:    @own and @host are set, those of IPv6 to none where it cannot be had
 * @ret_cidr: of IPv4, as text
 *
 * Return: 0; -EADDRNOTAVAIL.
 */
int user_network_choose(const struct wire_uplink *wish, struct wire_place *place,
			char ret_cidr[IP_TEXT_MAX]);

/** user_network_overlaps() - does the chosen network overlap one of moat's? */
bool user_network_overlaps(const struct wire_uplink *wish, const struct wire_place *place);
