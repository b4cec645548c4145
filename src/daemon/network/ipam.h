/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/ip.h"

/* Which subnets networks get, and which addresses containers get in them.  Pure. */

/* The addresses of one family that a network has. */
struct subnet {
	struct ip_net net; /* none: the network has none of this family */
	struct ip gateway;
	struct ip_net range; /* addresses are picked from here; none: from all of @net */
};

/* Addresses that are somebody else's. */
struct ip_user {
	struct ip_net net;
	const char *who; /* for messages: "network web", "the host's route by eth0"; borrowed */
};

/**
 * ipam_check_subnet() - can a network have this subnet?
 *
 * Return: 0; -EINVAL for one that makes no sense, -EEXIST for one that overlaps with somebody's,
 * with a message that says whose.
 */
int ipam_check_subnet(const struct subnet *s, const struct ip_user *users, size_t n_users,
		      struct err *err);

/** ipam_overlap() - the first of some users whose addresses a network has; NULL */
const struct ip_user *ipam_overlap(const struct ip_net *net, const struct ip_user *users,
				   size_t n_users);

/**
 * ipam_pick_subnet() - a subnet and its gateway that are nobody's
 * @family: AF_INET, AF_INET6
 * @seed:   decides where the search begins: two data roots of a host, which do not know of each
 *          other's networks, seldom meet
 *
 * Return: 0; -EADDRNOTAVAIL with a message when all are taken.
 */
int ipam_pick_subnet(uint8_t family, const struct ip_user *users, size_t n_users, uint64_t seed,
		     struct subnet *ret, struct err *err);

/** ipam_can_have() - may a container have this address: is it in the subnet, and neither the
 * gateway's nor one with a meaning of its own? */
bool ipam_can_have(const struct subnet *s, const struct ip *ip);

/**
 * ipam_pick_address() - an address that is nobody's
 * @taken: sorted by ip_compare(); addresses of other subnets may be among them
 * @after: the search begins behind it, so that what was given up is not given away at once; may be
 *         none
 *
 * Return: 0; -EADDRNOTAVAIL.
 */
int ipam_pick_address(const struct subnet *s, const struct ip *taken, size_t n_taken,
		      const struct ip *after, struct ip *ret);
