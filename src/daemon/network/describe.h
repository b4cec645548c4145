/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/network-view.h"
#include "daemon/network/network.h"

/* Networks and their members as docker's API shows them.  Results are NULL when out of memory.
 * @default_name: as of network_shown_name(). */

/** network_describe() - describe a network; @containers, @moat: members Containers and Moat, taken
 * over; NULL where one is not shown */
json_t *network_describe(const struct network_view *v, const char *default_name, json_t *containers,
			 json_t *moat);

/** network_refused() - how many packets and questions for names of its containers a network has
 * refused since it was brought up */
json_t *network_refused(struct networks *nets, const struct network_view *v);

/**
 * network_containers() - list the containers that run on a network
 *
 * Return: an object by the containers' ids, each with Name, EndpointID, MacAddress, IPv4Address,
 * IPv6Address; owned.
 */
json_t *network_containers(struct networks *nets, const char *name);

/** member_describe() - make a container's "Networks": an object of EndpointSettings by the
 * networks' names; owned.  Addresses are shown while it runs. */
json_t *member_describe(struct networks *nets, const char *id, const char *default_name);

/** member_describe_none() - as member_describe(), for a container that is to have no network */
json_t *member_describe_none(struct networks *nets);

/** member_is_on() - is a container on a network with this name, id or beginning of an id? */
bool member_is_on(struct networks *nets, const char *id, const char *network);
