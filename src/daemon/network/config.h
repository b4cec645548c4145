/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "daemon/network/ipam.h"

/*
 * What a network is like: from docker's request to make one, and as it is stored, which has the
 * same form.  Pure.
 */

#define NETWORK_NAME_MAX     128u
#define NETWORK_RESERVED_MAX 256u
#define NETWORK_MTU_MIN	     1280u /* IPv6 needs it */
#define NETWORK_MTU_MAX	     9216u

enum { FAMILY_4, FAMILY_6, FAMILIES };

struct network_config {
	bool internal;	 /* nothing outside is reached */
	bool attachable; /* of swarms; only kept */
	bool ipv6;
	uint32_t mtu; /* 0: the usual one */
	struct subnet subnets[FAMILIES];
	bool picked[FAMILIES]; /* by moat, which may pick another one */
	struct ip *reserved;   /* addresses that no container gets unasked */
	size_t n_reserved;
	bool limited;		/* only what @allow says is reached outside */
	char **allow;		/* rules, see net/egress.h */
	char *interface_prefix; /* of the interfaces' names in containers; NULL: eth */
	struct ip
		host_binding; /* where ports are published that say no address; none: everywhere */
	json_t *ipam;	      /* array of docker's IPAM.Config, without what was picked */
	json_t *options, *labels;
};

void network_config_reset(struct network_config *c);

/**
 * network_config_read() - docker's request, or what network_config_write() made
 * @ret:          network_config_reset(); untouched on failure
 * @ret_warnings: one is added for each option that has no effect; NULL: nobody reads them
 *
 * Subnets that are not named are left out.
 *
 * Return: 0; -EINVAL, -EBADMSG, -EOPNOTSUPP with a message; -ENOMEM.
 */
int network_config_read(const json_t *body, struct network_config *ret, char ***ret_warnings,
			struct err *err);

/**
 * network_config_fill() - pick the subnets that were not named, and check those that were
 * @users: whose addresses it must not have
 *
 * Return: 0; as ipam_check_subnet(), ipam_pick_subnet().
 */
int network_config_fill(struct network_config *c, const struct ip_user *users, size_t n_users,
			uint64_t seed, struct err *err);

/** network_config_write() - as JSON text for network_config_read(); owned; NULL when out of memory
 */
char *network_config_write(const struct network_config *c);

/** network_config_ipam() - the member IPAM as docker shows it; owned; NULL when out of memory */
json_t *network_config_ipam(const struct network_config *c);

/** network_name_check() - Return: 0; -EINVAL with docker's message. */
int network_name_check(const char *name, struct err *err);
