/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "daemon/network/member-change.h"
#include "daemon/network/member.h"

/* Which networks a container is on. */

#define NETWORK_MODE_DEFAULT "default" /* docker's word where no mode was asked for */

/** network_mode() - the NetworkMode in a HostConfig; borrowed */
const char *network_mode(const json_t *host);

/* Networks that a container is to be on; that of the NetworkMode is first. */
struct wishes {
	struct networks *nets;	  /* borrowed */
	struct member_wish *list; /* owned, member_wishes_free() */
	size_t n;
};

/**
 * container_wishes() - add the networks that a create request asks for
 * @w:             empty; on failure there may be some in it
 * @config, @host: its Config and HostConfig, as stored
 *
 * The mode "none" gives none.
 *
 * Return: 0; -EINVAL for a network that is not there, as clients take -ENOENT for a missing image;
 * -EBADMSG, -EOPNOTSUPP with a message; -ENOMEM.
 */
int container_wishes(struct wishes *w, const json_t *body, const json_t *config, const json_t *host,
		     struct err *err);

/** container_tell_names() - tell the container's networks its names.  Return: 0; -ENOMEM. */
int container_tell_names(const struct container *c);

/** container_renew_network() - see to it that moat-net and the machine know the networks of a
 * container that ran before this moatd did.  Failures are logged. */
void container_renew_network(struct container *c);

/**
 * container_connect() - connect a container to one more network, at once where it runs
 * @endpoint: docker's EndpointSettings; NULL
 *
 * Return: 0; -ENOENT for the network; -EPERM where the container is on it already, or is to have
 * none; as member_connect(); -errno with a message.
 */
int container_connect(struct container *c, const char *network, const json_t *endpoint,
		      struct err *err);

/** container_disconnect() - take a container off a network.  Return: 0; -EPERM where it is not on
 * it; -errno with a message. */
int container_disconnect(struct container *c, const char *network, struct err *err);
