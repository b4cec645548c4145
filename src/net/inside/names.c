/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  dnsmasq answers for the names in its hosts files; that each of them is its
 * own, and that for the missing family of one there is nothing elsewhere, the servers file says.
 * All other names go to the host's resolvers; on a limited network those that are allowed do, and
 * the addresses they turn out to have are let out by being put into sets of the rules.  On an
 * internal network none do: a question can carry things out, too.
 *
 * A container on several networks is answered by a dnsmasq that has the hosts files of all of them.
 * What one network lets it ask, it may ask.
 *
 * Servers of its user's choice take the place of the host's resolvers for a container.  They are
 * asked by dnsmasq itself, from the gateway of a network of the container, so with the rights that
 * its own packets have.
 *
 * Names and addresses have been checked: nothing in them ends a line or a field.
 */
#include "net/inside/names.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/str.h"
#include "net/inside/rules-egress.h"

/* Seconds that an allowed name's answer may be used: fewer than its address stays in a set. */
#define LIMITED_TTL 300

static const char *const host_names[] = { "host.docker.internal", "host.moat.internal",
					  "gateway.docker.internal" };

bool names_is_host(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(host_names); i++)
		if (streq(host_names[i], name))
			return true;
	return false;
}

static int write_hosts_of(struct buf *b, const struct wire_place *u)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(u->host); i++) {
		char text[IP_TEXT_MAX];

		if (!u->up || ip_is_none(&u->host[i]))
			continue;
		ip_format(&u->host[i], text);
		r = buf_addf(b, "%s %s %s %s\n", text, host_names[0], host_names[1], host_names[2]);
	}
	return r;
}

static int write_line(struct buf *b, const struct ip *ip, char *const *names)
{
	char text[IP_TEXT_MAX];
	int r;

	ip_format(ip, text);
	r = buf_adds(b, text);
	for (; r == 0 && *names; names++)
		r = buf_addf(b, " %s", *names);
	return r == 0 ? buf_adds(b, "\n") : r;
}

int names_hosts(struct buf *b, const struct model *m, const struct network *n)
{
	const struct port *p;
	/* Also an empty text must be a file. */
	int r = buf_adds(b, "");

	LIST_FOREACH (p, &m->ports, link) {
		if (p->network != n || !p->spec.names || !*p->spec.names)
			continue;
		for (size_t i = 0; r == 0 && i < p->spec.n_addresses; i++)
			r = write_line(b, &p->spec.addresses[i], p->spec.names);
	}
	return r == 0 && !n->spec.internal ? write_hosts_of(b, &m->uplink) : r;
}

bool names_limited(const struct names_view *v)
{
	bool limited = false;

	for (size_t i = 0; i < v->n; i++) {
		if (v->networks[i]->spec.internal)
			continue;
		if (!v->networks[i]->spec.limited)
			return false;
		limited = true;
	}
	return limited;
}

/* Does any of the networks let every name out? */
static bool is_open(const struct names_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (!v->networks[i]->spec.internal && !v->networks[i]->spec.limited)
			return true;
	return false;
}

/* Finds the gateway to ask a server from that is on a network of the view; NULL: the server is on
 * none. */
static const struct ip *near_gateway(const struct names_view *v, const struct ip *server)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct net_subnet *s = model_subnet(v->networks[i], server);

		if (s)
			return &s->gateway;
	}
	return NULL;
}

/* Are all names asked for, instead of some alone?  On an internal network all names stay there. */
static bool asks_for_all(const struct names_view *v)
{
	bool near = false;

	for (size_t i = 0; i < v->n_own; i++)
		near = near || near_gateway(v, &v->own[i]);
	return is_open(v) || (near && !names_limited(v));
}

static bool is_on_a_network(const struct model *m, const struct ip *server)
{
	const struct network *n;

	LIST_FOREACH (n, &m->networks, link)
		if (model_subnet(n, server))
			return true;
	return false;
}

/* Finds a gateway whose network is let out, to be the sender of questions to a server outside. */
static const struct ip *far_gateway(const struct names_view *v, uint8_t family)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct net_network *n = &v->networks[i]->spec;

		for (size_t j = 0; !n->internal && j < n->n_subnets; j++)
			if (n->subnets[j].gateway.family == family)
				return &n->subnets[j].gateway;
	}
	return NULL;
}

/* Writes a server that the user chose.  It is asked only as the containers themselves could ask it:
 * on their networks, or outside from a network that is let out; never on another network. */
static int write_own_server(struct buf *b, const struct model *m, const struct names_view *v,
			    const struct ip *server, const char *domain)
{
	const struct ip *from = near_gateway(v, server);
	char to[IP_TEXT_MAX], gateway[IP_TEXT_MAX];

	if (!from && !is_on_a_network(m, server))
		from = far_gateway(v, server->family);
	if (!from)
		return 0;
	ip_format(server, to);
	ip_format(from, gateway);
	return buf_addf(b, "server=%s%s@%s\n", domain, to, gateway);
}

static int write_server(struct buf *b, const struct model *m, const struct names_view *v,
			const char *domain)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->n_own; i++)
		r = write_own_server(b, m, v, &v->own[i], domain);
	for (uint32_t i = 0; r == 0 && v->n_own == 0 && i < v->n_servers; i++)
		r = buf_addf(b, "server=%s127.0.0.1#%u\n", domain, NAMES_SERVER_PORT + i);
	return r;
}

static int write_allowed(struct buf *b, const struct model *m, const struct names_view *v,
			 const struct network *n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n->egress.n; i++) {
		char domain[EGRESS_NAME_MAX + 3];

		if (n->egress.entries[i].group < 0 || names_is_host(n->egress.entries[i].rule.name))
			continue;
		snprintf(domain, sizeof(domain), "/%s/", n->egress.entries[i].rule.name);
		r = write_server(b, m, v, domain);
	}
	return r;
}

/* Writes a line for each name: names are few, and a line's length is limited. */
static int write_local(struct buf *b, char *const *names)
{
	int r = 0;

	for (; r == 0 && names && *names; names++)
		r = buf_addf(b, "server=/%s/\n", *names);
	return r;
}

static int write_local_of(struct buf *b, const struct model *m, const struct network *n)
{
	const struct port *p;
	int r = 0;

	LIST_FOREACH (p, &m->ports, link)
		if (r == 0 && p->network == n)
			r = write_local(b, p->spec.names);
	/* Addresses of the network's subnets have no names elsewhere. */
	for (size_t i = 0; r == 0 && i < n->spec.n_subnets; i++) {
		char text[IP_TEXT_MAX];

		ip_net_format(&n->spec.subnets[i].net, text);
		r = buf_addf(b, "rev-server=%s\n", text);
	}
	return r;
}

int names_servers(struct buf *b, const struct model *m, const struct names_view *v)
{
	int r = asks_for_all(v) ? write_server(b, m, v, "") : buf_adds(b, "");

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(host_names); i++)
		r = buf_addf(b, "server=/%s/\n", host_names[i]);
	for (size_t i = 0; r == 0 && i < v->n; i++) {
		r = write_local_of(b, m, v->networks[i]);
		if (r == 0 && !is_open(v) && !v->networks[i]->spec.internal)
			r = write_allowed(b, m, v, v->networks[i]);
	}
	return r;
}

static int write_sets(struct buf *b, const struct network *n, const struct egress_entry *e)
{
	int r = buf_addf(b, "nftset=/%s/", e->rule.name);

	for (unsigned generation = 0; r == 0 && generation < EGRESS_GENERATIONS; generation++) {
		char set4[EGRESS_SET_MAX], set6[EGRESS_SET_MAX];

		egress_set(n, e->group, AF_INET, generation, set4);
		egress_set(n, e->group, AF_INET6, generation, set6);
		r = buf_addf(b, "%s4#inet#moat#%s,6#inet#moat#%s", generation ? "," : "", set4,
			     set6);
	}
	return r == 0 ? buf_adds(b, "\n") : r;
}

static int write_limits(struct buf *b, const struct names_view *v)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->n; i++) {
		const struct network *n = v->networks[i];

		if (!n->spec.limited || n->spec.internal)
			continue;
		for (size_t j = 0; r == 0 && j < n->egress.n; j++)
			if (n->egress.entries[j].group >= 0)
				r = write_sets(b, n, &n->egress.entries[j]);
	}
	return r;
}

static int write_network(struct buf *b, const struct network *n)
{
	int r = buf_addf(b, "addn-hosts=" NAMES_FOLDER "/%s.hosts\n", n->spec.id);

	for (size_t i = 0; r == 0 && i < n->spec.n_subnets; i++) {
		char text[IP_TEXT_MAX];

		ip_format(&n->spec.subnets[i].gateway, text);
		r = buf_addf(b, "listen-address=%s\n", text);
	}
	return r;
}

int names_config(struct buf *b, const struct names_view *v)
{
	int r = buf_addf(b,
			 "port=%u\n"
			 "bind-interfaces\n"
			 "no-resolv\n"
			 "no-hosts\n"
			 "no-poll\n"
			 "user=root\n"
			 "cache-size=1000\n"
			 "dns-forward-max=1000\n"
			 "servers-file=" NAMES_FOLDER "/%u-%s.servers\n",
			 v->port, v->port, v->networks[0]->spec.id);

	for (size_t i = 0; r == 0 && i < v->n; i++)
		r = write_network(b, v->networks[i]);
	/* A name that may not be asked for does not exist. */
	if (r == 0 && !asks_for_all(v))
		r = buf_adds(b, "address=/#/\n");
	if (r == 0 && names_limited(v))
		r = buf_addf(b,
			     "log-queries=extra\n"
			     "max-ttl=%d\n"
			     "max-cache-ttl=%d\n",
			     LIMITED_TTL, LIMITED_TTL);
	return r == 0 ? write_limits(b, v) : r;
}
