/* SPDX-License-Identifier: Apache-2.0 */
/* Makes what a running container has to know of its networks, from the tables. */
#include <errno.h>
#include <sys/socket.h>

#include "daemon/network/inner.h"

static struct member *find_named(struct networks *nets, const char *name)
{
	struct member *m = nets->members;

	while (m && !(m->name && streq(m->name, name)) && !str_starts(m->id, name))
		m = m->next;
	return m;
}

static bool share_network(const struct member *a, struct member *b)
{
	for (const struct endpoint *e = a->endpoints; e; e = e->next)
		if (member_endpoint(b, e->rec.network))
			return true;
	return false;
}

int member_find_link(struct networks *nets, const struct endpoint *e, const char *link,
		     struct endpoint **ret, struct err *err)
{
	cleanup_free char *name = strndup(link, strcspn(link, ":"));
	struct member *m = name ? find_named(nets, *name == '/' ? name + 1 : name) : NULL;

	if (!name)
		return err_nomem(err);
	if (!m)
		return err_set(err, -EINVAL,
			       "could not get container for link %s: no such container", name);
	*ret = member_endpoint(m, e->rec.network);
	/* docker-compose writes a link for each network, and one is enough. */
	return *ret || share_network(e->member, m)
		       ? 0
		       : err_set(err, -EINVAL, "cannot link to %s: it is not on network %s", name,
				 network_said_name(e->rec.network));
}

static struct ip_net in_network(const struct ip *ip, const struct subnet *s)
{
	return ip_is_none(ip) ? (struct ip_net){ 0 } : (struct ip_net){ *ip, s->net.bits };
}

/* Under the lock. */
static void fill_wire(const struct network *n, const struct endpoint *e, struct wire *ret)
{
	const struct network_config *c = &n->config;
	const struct lease_record *lease = &e->rec.lease;

	*ret = (struct wire){
		.network = n->rec.name,
		.slot = e->rec.slot,
		.prefix = c->interface_prefix ? c->interface_prefix : "eth",
		.interface = e->config.interface,
		.mac = lease->mac,
		.mtu = c->mtu,
		.address4 = in_network(&lease->ip4, &c->subnets[FAMILY_4]),
		.address6 = in_network(&lease->ip6, &c->subnets[FAMILY_6]),
		.gateway4 = c->subnets[FAMILY_4].gateway,
		.gateway6 = c->subnets[FAMILY_6].gateway,
		.internal = c->internal,
		.priority = e->config.gateway_priority,
		.sysctls = e->config.sysctls,
	};
}

/* Adds lines of /etc/hosts: its own names at each of its addresses, then its links. */
static int add_own_names(const struct member *m, struct wiring *w)
{
	bool domain = m->domainname && *m->domainname;
	cleanup_free char *names =
		domain ? str_printf("%s.%s %s", m->hostname, m->domainname, m->hostname)
		       : strdup(m->hostname ? m->hostname : "");
	int r = names ? 0 : -ENOMEM;

	for (struct endpoint *e = m->endpoints; e && r == 0 && *names; e = e->next) {
		r = wiring_add_name(w, &e->rec.lease.ip4, names);
		if (r == 0)
			r = wiring_add_name(w, &e->rec.lease.ip6, names);
	}
	return r;
}

static int add_links(struct networks *nets, const struct endpoint *e, struct wiring *w)
{
	int r = 0;

	for (char **link = e->config.links; r == 0 && link && *link; link++) {
		const char *alias = strchr(*link, ':');
		cleanup_free char *names = NULL;
		struct endpoint *to = NULL;

		/* A linked container that was removed since has no line any more. */
		if (member_find_link(nets, e, *link, &to, NULL) < 0 || !to)
			continue;
		names = str_printf("%s %s", alias ? alias + 1 : to->member->name, to->member->name);
		r = names ? wiring_add_name(w, &to->rec.lease.ip4, names) : -ENOMEM;
		if (r == 0)
			r = wiring_add_name(w, &to->rec.lease.ip6, names);
	}
	return r;
}

/* Under the lock.  Return: how many. */
static size_t fill_wires(struct networks *nets, const struct member *m, struct wire ret[NET_SLOTS])
{
	size_t n = 0;

	for (struct endpoint *e = m->endpoints; e && n < NET_SLOTS; e = e->next) {
		const struct network *network = networks_find(nets, e->rec.network);

		if (network)
			fill_wire(network, e, &ret[n++]);
	}
	return n;
}

bool member_way_out(struct networks *nets, const struct member *m, int family, struct wire *ret)
{
	struct wire wires[NET_SLOTS];
	size_t n = fill_wires(nets, m, wires);
	int i = wiring_default(wires, n, family == AF_INET6);

	if (i >= 0)
		*ret = wires[i];
	return i >= 0;
}

/* Under the lock. */
static int make_wiring(struct networks *nets, const struct member *m, struct wiring *ret,
		       struct err *err)
{
	struct wire wires[NET_SLOTS];
	size_t n = fill_wires(nets, m, wires);
	int r = wiring_make(wires, n, ret, err);

	if (r == 0)
		r = add_own_names(m, ret);
	for (struct endpoint *e = m->endpoints; e && r == 0; e = e->next)
		r = add_links(nets, e, ret);
	return r == -ENOMEM ? err_nomem(err) : r;
}

int member_wiring(struct networks *nets, const char *id, const struct ip *host, struct wiring *ret,
		  struct err *err)
{
	cleanup(wiring_reset) struct wiring w = { 0 };
	const struct member *m;
	int r = 0;

	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	if (m)
		r = make_wiring(nets, m, &w, err);
	pthread_mutex_unlock(&nets->lock);
	if (r < 0)
		return r;
	w.host = *host;
	*ret = take_struct(w);
	return 0;
}
