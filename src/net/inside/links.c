/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A network is a bridge whose ports are told who is behind them, and learn
 * nothing: a frame for somebody the bridge does not know goes nowhere.  The first network of a tap
 * has the tap itself as a port.  Others have one end of a pair; frames go from the tap to the
 * pair's other end by the MAC they come from, and back (rules.c).
 *
 * The bridge's own MAC is made of the network's id, so that it is the same when the bridge is made
 * again: guests remember their gateway's.
 */
#include "net/inside/links.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "net/common/sysctl.h"
#include "net/inside/rules.h"
#include "net/netlink/route.h"

#define DEFAULT_MTU 1500
#define LOCAL_TABLE 100 /* a table of routes for packets that are for our transparent sockets */

static const struct {
	const char *name;
	int value;
	bool needed;
} settings[] = {
	/* Packets are passed on between networks and the host, and redirects are not obeyed. */
	{ "ipv4/ip_forward", 1, true },
	{ "ipv4/conf/all/accept_redirects", 0 },
	{ "ipv4/conf/default/accept_redirects", 0 },
	{ "ipv4/conf/all/send_redirects", 0 },
	{ "ipv4/conf/default/send_redirects", 0 },
	{ "ipv4/conf/all/rp_filter", 0 },
	{ "ipv4/conf/default/rp_filter", 0 },
	/* An address is answered for on its own network only. */
	{ "ipv4/conf/all/arp_ignore", 1 },
	{ "ipv4/conf/all/arp_announce", 2 },
	{ "ipv6/conf/all/forwarding", 1 },
	{ "ipv6/conf/default/accept_ra", 0 },
	/* A router's link-local address has to work at once: its neighbours are asked for from
	 * there. */
	{ "ipv6/conf/default/accept_dad", 0 },
	{ "ipv6/conf/default/dad_transmits", 0 },
	{ "ipv6/conf/default/disable_ipv6", 1 },
	/* Where the host has br_netfilter: frames of one bridge are no business of the rules for
	 * packets. */
	{ "bridge/bridge-nf-call-iptables", 0 },
	{ "bridge/bridge-nf-call-ip6tables", 0 },
	{ "bridge/bridge-nf-call-arptables", 0 },
	/* for connections that are made for clients of published ports */
	{ "ipv4/tcp_tw_reuse", 1 },
	/* Everything that listens here is ours, so dnsmasq needs no capability for its port. */
	{ "ipv4/ip_unprivileged_port_start", 0 },
};

/* Has packets with our mark delivered here whatever address they are for: they are for a
 * transparent socket. */
static int route_marked(struct netlink *nl)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	const int lo = link_index("lo");
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(families); i++) {
		const struct ip_route everything = { .to.ip.family = families[i],
						     .index = lo,
						     .type = RTN_LOCAL,
						     .table = LOCAL_TABLE };

		r = rule_add(nl, families[i], RULES_MARK, LOCAL_TABLE);
		if (r == 0)
			r = ip_route_add(nl, &everything);
		r = r == -EEXIST ? 0 : r;
		/* A host without IPv6. */
		if (families[i] == AF_INET6 && (r == -EAFNOSUPPORT || r == -EOPNOTSUPP))
			r = 0;
	}
	return r;
}

int links_prepare(struct netlink *nl, struct err *err)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		r = sysctl_set(settings[i].name, settings[i].value);
		if (r < 0 && (settings[i].needed || r != -ENOENT))
			return err_errno(err, r, "setting net/%s", settings[i].name);
	}
	r = link_set_up(nl, link_index("lo"), true);
	if (r < 0)
		return err_errno(err, r, "loopback");
	r = route_marked(nl);
	return r < 0 ? err_errno(err, r, "routes of marked packets") : 0;
}

static uint32_t mtu_of(const struct network *n)
{
	return n->spec.mtu ? n->spec.mtu : DEFAULT_MTU;
}

static void bridge_mac(const struct network *n, uint8_t ret[6])
{
	unsigned parts[5] = { 0 };

	sscanf(n->spec.id, "%2x%2x%2x%2x%2x", &parts[0], &parts[1], &parts[2], &parts[3],
	       &parts[4]);
	ret[0] = 0x02;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		ret[i + 1] = (uint8_t)parts[i];
}

struct leftovers {
	const struct network *network;
	struct address *list; /* owned */
	size_t n;
};

static bool is_gateway(const struct network *n, const struct ip_net *address)
{
	for (size_t i = 0; i < n->spec.n_subnets; i++)
		if (ip_equal(&n->spec.subnets[i].gateway, &address->ip) &&
		    n->spec.subnets[i].net.bits == address->bits)
			return true;
	return false;
}

static bool is_link_local(const struct ip *ip)
{
	return ip->family == AF_INET6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static int note_leftover(const struct address *a, void *arg)
{
	struct leftovers *left = arg;
	struct address *list;

	if (a->index != left->network->index || is_gateway(left->network, &a->net) ||
	    is_link_local(&a->net.ip))
		return 0;
	list = reallocarray(left->list, left->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[left->n++] = *a;
	left->list = list;
	return 0;
}

/* Drops addresses that the bridge had before the network was changed. */
static int drop_other_addresses(struct netlink *nl, const struct network *n)
{
	struct leftovers left = { .network = n };
	int r = address_each(nl, note_leftover, &left);

	for (size_t i = 0; r == 0 && i < left.n; i++)
		r = address_remove(nl, n->index, &left.list[i].net);
	free(left.list);
	return r;
}

static int set_gateways(struct netlink *nl, const struct network *n)
{
	int r = drop_other_addresses(nl, n);

	for (size_t i = 0; r == 0 && i < n->spec.n_subnets; i++) {
		const struct net_subnet *s = &n->spec.subnets[i];

		r = address_add(nl, n->index,
				&(struct ip_net){ .ip = s->gateway, .bits = s->net.bits });
	}
	return r;
}

static bool has_family(const struct network *n, uint8_t family)
{
	for (size_t i = 0; i < n->spec.n_subnets; i++)
		if (n->spec.subnets[i].net.ip.family == family)
			return true;
	return false;
}

/* A host without IPv6 has no such setting. */
static int set_ipv6(const struct network *n)
{
	char name[80];
	int r;

	snprintf(name, sizeof(name), "ipv6/conf/%s/disable_ipv6", n->bridge);
	r = sysctl_set(name, !has_family(n, AF_INET6));
	return r == -ENOENT && !has_family(n, AF_INET6) ? 0 : r;
}

int links_add_network(struct netlink *nl, struct network *n, struct err *err)
{
	uint8_t mac[6];
	int r;

	bridge_mac(n, mac);
	r = link_add_bridge(nl, n->bridge, mac, mtu_of(n));
	if (r == 0 || r == -EEXIST)
		r = link_index(n->bridge);
	if (r < 0)
		return err_errno(err, r, "bridge of network %s", n->spec.id);
	n->index = r;
	r = link_set_mtu(nl, n->index, mtu_of(n));
	if (r == 0)
		r = set_ipv6(n);
	if (r == 0)
		r = set_gateways(nl, n);
	if (r == 0)
		r = link_set_up(nl, n->index, true);
	return r < 0 ? err_errno(err, r, "addresses of network %s", n->spec.id) : 0;
}

void links_remove_network(struct netlink *nl, struct network *n)
{
	link_remove(nl, n->index);
}

static uint32_t widest_mtu(const struct model *m, const struct port *of)
{
	const struct port *p;
	uint32_t mtu = mtu_of(of->network);

	LIST_FOREACH (p, &m->ports, link)
		if (p->tap == of->tap && mtu_of(p->network) > mtu)
			mtu = mtu_of(p->network);
	return mtu;
}

static int make_pair(struct netlink *nl, struct port *p)
{
	int inner, r = link_add_pair(nl, p->device, p->inner, -1);

	if (r < 0 && r != -EEXIST)
		return r;
	inner = link_index(p->inner);
	if (inner < 0)
		return inner;
	r = link_set_mtu(nl, inner, mtu_of(p->network));
	return r == 0 ? link_set_up(nl, inner, true) : r;
}

static int join_bridge(struct netlink *nl, const struct port *p)
{
	int r = link_set_master(nl, p->index, p->network->index);

	if (r == 0)
		r = link_set_port(nl, p->index);
	if (r == 0)
		r = link_add_station(nl, p->index, p->spec.mac);
	return r == 0 ? link_set_up(nl, p->index, true) : r;
}

int links_add_port(struct netlink *nl, const struct model *m, struct port *p, struct err *err)
{
	int r = link_set_mtu(nl, p->tap->index, widest_mtu(m, p));

	if (r == 0 && *p->inner) {
		r = make_pair(nl, p);
		if (r == 0)
			r = link_set_up(nl, p->tap->index, true);
	}
	if (r == 0)
		r = link_index(p->device);
	if (r > 0) {
		p->index = r;
		r = *p->inner ? link_set_mtu(nl, p->index, mtu_of(p->network)) : 0;
	}
	if (r == 0)
		r = join_bridge(nl, p);
	if (r == 0)
		return 0;
	links_remove_port(nl, p);
	return err_errno(err, r, "%s on network %s", p->device, p->network->spec.id);
}

void links_remove_port(struct netlink *nl, const struct port *p)
{
	if (p->index == 0)
		return;
	if (*p->inner)
		link_remove(nl, p->index);
	else
		link_set_master(nl, p->index, 0);
}

struct sweep {
	struct netlink *nl;
	const struct model *model;
	int *remove, *release; /* owned: indexes of links */
	size_t n_remove, n_release;
};

static int note_index(int **list, size_t *n, int index)
{
	int *more = reallocarray(*list, *n + 1, sizeof(**list));

	if (!more)
		return -ENOMEM;
	more[(*n)++] = index;
	*list = more;
	return 0;
}

static bool is_of_network(const struct model *m, const struct link *link)
{
	const struct network *n;

	LIST_FOREACH (n, &m->networks, link)
		if (n->index == link->index)
			return true;
	return false;
}

static bool is_of_port(const struct model *m, const struct link *link)
{
	const struct port *p;

	LIST_FOREACH (p, &m->ports, link)
		if (p->index == link->index || streq(p->inner, link->name))
			return true;
	return false;
}

/* Links of moat-net's are called bID, tN, tNsM and tNxM. */
static int look_at(const struct link *link, void *arg)
{
	struct sweep *sweep = arg;
	const char *rest = link->name + 1 + strspn(link->name + 1, "0123456789");

	if (link->name[0] == 'b' && !is_of_network(sweep->model, link))
		return note_index(&sweep->remove, &sweep->n_remove, link->index);
	if (link->name[0] != 't' || rest == link->name + 1 || is_of_port(sweep->model, link))
		return 0;
	if (*rest == 's')
		return note_index(&sweep->remove, &sweep->n_remove, link->index);
	if (!*rest && link->master)
		return note_index(&sweep->release, &sweep->n_release, link->index);
	return 0;
}

int links_sweep(struct netlink *nl, const struct model *m)
{
	struct sweep sweep = { .nl = nl, .model = m };
	int r = link_each(nl, look_at, &sweep);

	for (size_t i = 0; r == 0 && i < sweep.n_release; i++)
		r = link_set_master(nl, sweep.release[i], 0);
	for (size_t i = 0; r == 0 && i < sweep.n_remove; i++)
		r = link_remove(nl, sweep.remove[i]);
	free(sweep.release);
	free(sweep.remove);
	return r == -ENODEV ? 0 : r;
}
