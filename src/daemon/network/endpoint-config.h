/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "base/json.h"
#include "base/mac.h"

/* A container's wishes for a network: docker's EndpointSettings.  Pure. */

#define ENDPOINT_NAMES_MAX 64u /* of aliases, and of links */

struct endpoint_config {
	struct ip ip4, ip6;	/* none: any */
	char mac[MAC_TEXT_MAX]; /* in lower case; "": any */
	char **aliases;
	char **links;	 /* "CONTAINER:ALIAS" */
	char **sysctls;	 /* "net.ipv4.conf.IFNAME.forwarding=1", with IFNAME as it is here */
	char *interface; /* its name in the container; NULL: any */
	int64_t gateway_priority; /* of all networks, the highest has the default route */
	json_t *driver_opts;
};

void endpoint_config_reset(struct endpoint_config *c);

/**
 * endpoint_config_read() - read docker's EndpointSettings, or the text of endpoint_config_write()
 * @obj: NULL asks for nothing
 * @ret: endpoint_config_reset(); untouched on failure
 *
 * Checks that need the network are left out.
 *
 * Return: 0; -EINVAL, -EBADMSG, -EOPNOTSUPP with a message; -ENOMEM.
 */
int endpoint_config_read(const json_t *obj, struct endpoint_config *ret, struct err *err);

/** endpoint_config_json() - make the members that were read, as docker shows them; owned; NULL when
 * out of memory */
json_t *endpoint_config_json(const struct endpoint_config *c);
