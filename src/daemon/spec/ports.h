/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <arpa/inet.h>
#include <stddef.h>

#include "base/json.h"
#include "oci/port.h"

/* The ports of a container that are to be published, by its Config and HostConfig.  Pure. */

#define PORTS_MAX 8192u /* bindings of one container */

struct port_binding {
	uint16_t port; /* the container's */
	enum port_protocol protocol;
	char host_ip[INET6_ADDRSTRLEN]; /* "": every address of the host */
	struct port_range host;		/* one port of these; 0: any that is free */
};

struct port_plan {
	struct port_binding *bindings; /* sorted; none twice */
	size_t n;
};

/**
 * port_plan_read() - read the bindings of PortBindings, and those that PublishAllPorts asks for
 * @config: docker's Config of the container, for ExposedPorts
 * @host:   its HostConfig
 * @ret:    port_plan_reset()
 *
 * Return: 0; -EINVAL, -EBADMSG or -EOPNOTSUPP with a message that names the port; -ENOMEM.
 */
int port_plan_read(const json_t *config, const json_t *host, struct port_plan *ret,
		   struct err *err);
void port_plan_reset(struct port_plan *p);

/** port_compare() - order by number, then protocol, as ports are shown */
int port_compare(uint16_t a, enum port_protocol a_protocol, uint16_t b,
		 enum port_protocol b_protocol);
