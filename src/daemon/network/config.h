/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "daemon/network/ipam.h"

/*
 * The configuration of a network: read from docker's request to make one, and stored in the same
 * form.  Pure.
 */

#define NETWORK_NAME_MAX     128u
#define NETWORK_RESERVED_MAX 256u
#define NETWORK_MTU_MIN	     1280u /* IPv6 needs as much */
#define NETWORK_MTU_MAX	     9216u

enum { FAMILY_4, FAMILY_6, FAMILIES };

struct network_config {
	bool internal;	 /* it leads nowhere outside */
	bool attachable; /* for swarms; only stored */
	bool ipv6;
	uint32_t mtu; /* 0: the default */
	struct subnet subnets[FAMILIES];
	bool picked[FAMILIES]; /* chosen by moat, which may choose anew */
	struct ip *reserved;   /* addresses that containers get only if they ask for them */
	size_t n_reserved;
	bool limited;		/* only what @allow permits is reached outside */
	char **allow;		/* rules, see net/egress.h */
	char *interface_prefix; /* of interfaces' names in containers; NULL: eth */
	struct ip
		host_binding; /* address for published ports that name none; none: all addresses */
	json_t *ipam;	      /* array of docker's IPAM.Config, without chosen subnets */
	json_t *options, *labels;
};

void network_config_reset(struct network_config *c);

/**
 * network_config_read() - read docker's request, or the text of network_config_write()
 * @ret:          network_config_reset(); untouched on failure
 * @ret_warnings: one is added for each option that has no effect; NULL: not needed
 *
 * Subnets that are not named are left out.
 *
 * Return: 0; -EINVAL, -EBADMSG, -EOPNOTSUPP with a message; -ENOMEM.
 */
int network_config_read(const json_t *body, struct network_config *ret, char ***ret_warnings,
			struct err *err);

/**
 * network_config_fill() - choose the subnets that were not named, and check those that were
 * @users: holders of addresses that it must not have
 *
 * Return: 0; as ipam_check_subnet(), ipam_pick_subnet().
 */
int network_config_fill(struct network_config *c, const struct ip_user *users, size_t n_users,
			uint64_t seed, struct err *err);

/** network_config_write() - make the JSON text for network_config_read(); owned; NULL when out of
 * memory */
char *network_config_write(const struct network_config *c);

/** network_config_ipam() - make the member IPAM as docker shows it; owned; NULL when out of memory
 */
json_t *network_config_ipam(const struct network_config *c);

/** network_name_check() - may a network have this name?  Return: 0; -EINVAL with docker's message.
 */
int network_name_check(const char *name, struct err *err);
