/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/network.h"

/* Networks and who is on them as docker's API shows them.  What cannot be made for want of memory
 * is NULL.  @default_name: as of network_shown_name(). */

/** network_describe() - a network; @containers, @moat: members Containers and Moat, taken over;
 * NULL where one is not shown */
json_t *network_describe(const struct network_view *v, const char *default_name, json_t *containers,
			 json_t *moat);

/** network_refused() - how much of what its containers sent, and of the names they asked for, was
 * refused since the network was brought up */
json_t *network_refused(struct networks *nets, const struct network_view *v);

/**
 * network_containers() - who runs on a network
 *
 * Return: an object by the containers' ids, each with Name, EndpointID, MacAddress, IPv4Address,
 * IPv6Address; owned.
 */
json_t *network_containers(struct networks *nets, const char *name);

/** member_describe() - a container's "Networks": an object of EndpointSettings by the networks'
 * names; owned.  What it has been given is shown while it runs. */
json_t *member_describe(struct networks *nets, const char *id, const char *default_name);

/** member_describe_none() - the same of a container that is to have no network */
json_t *member_describe_none(struct networks *nets);

/** member_is_on() - is a container on the network of this name, id or beginning of an id? */
bool member_is_on(struct networks *nets, const char *id, const char *network);
