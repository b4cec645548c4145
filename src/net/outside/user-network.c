/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outside/user-network.h"

#include <errno.h>
#include <stdio.h>

#include "base/macro.h"

/* Numbers of moat's side and of the program in the network. */
#define OWN_NUMBER  100
#define HOST_NUMBER 2

static bool is_taken(const struct wire_uplink *wish, const struct ip_net *net)
{
	for (uint32_t i = 0; i < wish->n_subnets; i++)
		if (ip_net_overlap(net, &wish->subnets[i]))
			return true;
	return false;
}

static void take_network(struct wire_place *place, size_t family, const struct ip_net *net)
{
	place->own[family].bits = net->bits;
	ip_add(&net->ip, OWN_NUMBER, &place->own[family].ip);
	ip_add(&net->ip, HOST_NUMBER, &place->host[family]);
}

/* For IPv6 the network is always fd00::/64. */
static void choose_ipv6(const struct wire_uplink *wish, struct wire_place *place)
{
	struct ip_net net;

	place->own[1] = (struct ip_net){ 0 };
	place->host[1] = (struct ip){ 0 };
	if (ip_net_parse("fd00::/64", &net) == 0 && !is_taken(wish, &net))
		take_network(place, 1, &net);
}

/* Tries the programs' usual networks first, then the last ones of the private ranges. */
int user_network_choose(const struct wire_uplink *wish, struct wire_place *place,
			char ret_cidr[IP_TEXT_MAX])
{
	static const char *const candidates[] = { "10.0.2.0/24", "10.254.253.0/24",
						  "172.31.253.0/24", "192.168.253.0/24" };

	choose_ipv6(wish, place);
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		struct ip_net net;

		if (ip_net_parse(candidates[i], &net) < 0 || is_taken(wish, &net))
			continue;
		take_network(place, 0, &net);
		snprintf(ret_cidr, IP_TEXT_MAX, "%s", candidates[i]);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

bool user_network_overlaps(const struct wire_uplink *wish, const struct wire_place *place)
{
	for (size_t i = 0; i < ARRAY_SIZE(place->own); i++)
		if (!ip_is_none(&place->own[i].ip) && is_taken(wish, &place->own[i]))
			return true;
	return false;
}
