/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/netlink/link.h"

/*
 * That the host passes packets on between its interfaces, which moat needs for what goes through
 * it.  Both families are about the interface that a packet comes in by: IPv4 has a setting for
 * each, IPv6 has one since Linux 6.17, and before that only one for all of them.
 */

#define FORWARDING_ALL "all" /* stands for an interface: IPv6's one setting for all */

/**
 * forwarding_missing() - find interfaces that do not pass on a family's packets
 * @but: name of an interface to leave out
 * @ret: owned, strv_free()
 *
 * Loopback is left out, and so are interfaces whose names could not be written into a rule.
 *
 * Return: 0; -EAFNOSUPPORT where the host is without the family; -ENOTSUP where the only way would
 * take routes of the host's away: a host that passes IPv6 on does not listen to router
 * advertisements any more; -errno.
 */
int forwarding_missing(struct netlink *nl, uint8_t family, const char *but, char ***ret);

/** forwarding_of_all() - does the host pass on all packets of a family? */
bool forwarding_of_all(uint8_t family);

/** forwarding_set() - have interfaces pass packets on, or stop it.  Interfaces that are gone are
 * skipped. */
void forwarding_set(uint8_t family, char *const *names, bool on);
