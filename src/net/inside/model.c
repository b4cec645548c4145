/* SPDX-License-Identifier: Apache-2.0 */
#include "net/inside/model.h"

#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

struct tap *model_tap(const struct model *m, const char *name)
{
	struct tap *t;

	LIST_FOREACH (t, &m->taps, link)
		if (streq(t->name, name))
			return t;
	return NULL;
}

struct network *model_network(const struct model *m, const char *id)
{
	struct network *n;

	LIST_FOREACH (n, &m->networks, link)
		if (streq(n->spec.id, id))
			return n;
	return NULL;
}

struct port *model_port(const struct model *m, const char *tap, int slot)
{
	struct port *p;

	LIST_FOREACH (p, &m->ports, link)
		if (p->spec.slot == slot && streq(p->spec.tap, tap))
			return p;
	return NULL;
}

const struct net_subnet *model_subnet(const struct network *network, const struct ip *ip)
{
	for (size_t i = 0; i < network->spec.n_subnets; i++)
		if (ip_net_has(&network->spec.subnets[i].net, ip))
			return &network->spec.subnets[i];
	return NULL;
}

bool model_tap_used(const struct model *m, const struct tap *tap)
{
	const struct port *p;

	LIST_FOREACH (p, &m->ports, link)
		if (p->tap == tap)
			return true;
	return false;
}

bool model_network_used(const struct model *m, const struct network *network)
{
	const struct port *p;

	LIST_FOREACH (p, &m->ports, link)
		if (p->network == network)
			return true;
	return false;
}

struct ip model_link_local(const uint8_t mac[6])
{
	const uint8_t id[8] = {
		(uint8_t)(mac[0] ^ 2), mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]
	};
	struct ip ip = { .family = AF_INET6, .bytes = { 0xfe, 0x80 } };

	memcpy(ip.bytes + 8, id, sizeof(id));
	return ip;
}
