/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/wire.h"

/*
 * Payload of NETWORK (docs/LINK.md): the network that the machine is to have, and a container's
 * names in it.  The answer is that of LIMITS (link/query.h).
 */

struct link_network {
	uint32_t id;
	struct wire_view network; /* of oci/network.h; borrowed from the payload */
	char **hosts;		  /* lines of /etc/hosts */
	char *resolv_conf;	  /* text of /etc/resolv.conf; "": unchanged */
};

/** link_network_put() - append the payload; NULL stands for nothing.  Return: 0; -ENOMEM. */
int link_network_put(struct buf *b, uint32_t id, struct wire_view network, char *const *hosts,
		     const char *resolv_conf);

/** link_network_get() - read the payload.  @ret: link_network_reset(); untouched on failure.
 * Return: 0; -EBADMSG; -ENOMEM. */
int link_network_get(struct wire_view payload, struct link_network *ret);

void link_network_reset(struct link_network *n);
