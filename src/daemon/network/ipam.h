/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/ip.h"

/* Chooses subnets for networks, and addresses in them for containers.  Pure. */

/* A network's addresses of one family. */
struct subnet {
	struct ip_net net; /* none: the network has none of this family */
	struct ip gateway;
	struct ip_net range; /* addresses are chosen from here; none: from all of @net */
};

/* Addresses that somebody holds. */
struct ip_user {
	struct ip_net net;
	const char *who; /* for messages: "network web", "the host's route by eth0"; borrowed */
};

/**
 * ipam_check_subnet() - can a network have this subnet?
 *
 * Return: 0; -EINVAL for one that makes no sense, -EEXIST for one that overlaps with a holder's,
 * with a message that names the holder.
 */
int ipam_check_subnet(const struct subnet *s, const struct ip_user *users, size_t n_users,
		      struct err *err);

/** ipam_overlap() - find the first holder whose addresses overlap with a network; NULL */
const struct ip_user *ipam_overlap(const struct ip_net *net, const struct ip_user *users,
				   size_t n_users);

/**
 * ipam_pick_subnet() - choose a subnet that nobody holds, and its gateway
 * @family: AF_INET, AF_INET6
 * @seed:   decides where the search begins: two data roots of a host, which do not know of each
 *          other's networks, seldom meet
 *
 * Return: 0; -EADDRNOTAVAIL with a message when all are taken.
 */
int ipam_pick_subnet(uint8_t family, const struct ip_user *users, size_t n_users, uint64_t seed,
		     struct subnet *ret, struct err *err);

/** ipam_can_have() - may a container have this address?  It must be in the subnet, and neither the
 * gateway's nor one with a meaning of its own. */
bool ipam_can_have(const struct subnet *s, const struct ip *ip);

/**
 * ipam_pick_address() - choose a free address
 * @taken: sorted by ip_compare(); addresses of other subnets may be among them
 * @after: the search begins after it, so that an address just given up is not given out at once;
 *         may be none
 *
 * Return: 0; -EADDRNOTAVAIL.
 */
int ipam_pick_address(const struct subnet *s, const struct ip *taken, size_t n_taken,
		      const struct ip *after, struct ip *ret);
