/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/wire.h"

/* The one network that a program like slirp4netns knows, between itself and moat's side.  Pure. */

/**
 * user_network_choose() - one that no network of moat's overlaps
 * @wish:     what is let out
 * @place:    @own and @host are set, of IPv6 to none where it cannot be had
 * @ret_cidr: of IPv4, as text
 *
 * Return: 0; -EADDRNOTAVAIL.
 */
int user_network_choose(const struct wire_uplink *wish, struct wire_place *place,
			char ret_cidr[IP_TEXT_MAX]);

/** user_network_overlaps() - does a network of moat's have what was chosen? */
bool user_network_overlaps(const struct wire_uplink *wish, const struct wire_place *place);
