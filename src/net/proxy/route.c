/* SPDX-License-Identifier: Apache-2.0 */
#include "net/proxy/route.h"

#include <errno.h>
#include <stddef.h>

static const struct proxy_place *find_place(const struct proxy_target *t, uint8_t family)
{
	const struct proxy_place *first = family == AF_INET6 ? &t->v6 : &t->v4,
				 *second = family == AF_INET6 ? &t->v4 : &t->v6;

	return !ip_is_none(&first->net.ip) ? first : !ip_is_none(&second->net.ip) ? second : NULL;
}

static bool is_shown(const struct proxy_target *t, const struct proxy_place *place,
		     const struct peer *client)
{
	return t->shows_clients && client->ip.family == place->net.ip.family &&
	       !peer_is_local(client) && !ip_net_has(&place->net, &client->ip);
}

int route_choose(const struct proxy_target *t, const struct peer *client, bool is_own,
		 struct route *ret)
{
	const struct proxy_place *place = find_place(t, client->ip.family);
	struct route r = { 0 };

	if (!place)
		return -EHOSTUNREACH;
	r.to = (struct peer){ .ip = place->net.ip, .port = t->port };
	if (!is_own && is_shown(t, place, client)) {
		r.from[r.n_from++] = (struct peer){ .ip = client->ip, .port = client->port };
		r.from[r.n_from++] = (struct peer){ .ip = client->ip };
	}
	if (!ip_is_none(&place->gateway))
		r.from[r.n_from++] = (struct peer){ .ip = place->gateway };
	*ret = r;
	return 0;
}
