/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "base/json.h"
#include "base/mac.h"

/* What a container asks of a network: docker's EndpointSettings.  Pure. */

#define ENDPOINT_NAMES_MAX 64u /* aliases; links */

struct endpoint_config {
	struct ip ip4, ip6;	/* none: any */
	char mac[MAC_TEXT_MAX]; /* in lower case; "": any */
	char **aliases;
	char **links;		  /* "CONTAINER:ALIAS" */
	char **sysctls;		  /* "net.ipv4.conf.IFNAME.forwarding=1", with that word */
	char *interface;	  /* its name in the container; NULL: any */
	int64_t gateway_priority; /* the network with the highest has the default route */
	json_t *driver_opts;
};

void endpoint_config_reset(struct endpoint_config *c);

/**
 * endpoint_config_read() - docker's EndpointSettings, or what endpoint_config_write() made
 * @obj: NULL asks for nothing
 * @ret: endpoint_config_reset(); untouched on failure
 *
 * What only the network can say is not looked at.
 *
 * Return: 0; -EINVAL, -EBADMSG, -EOPNOTSUPP with a message; -ENOMEM.
 */
int endpoint_config_read(const json_t *obj, struct endpoint_config *ret, struct err *err);

/** endpoint_config_json() - the members that were read, as docker shows them; owned; NULL when out
 * of memory */
json_t *endpoint_config_json(const struct endpoint_config *c);
