/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The chains are the same whatever there is; what is on which network, and
 * who has which address, are elements of sets and maps.  So a packet's way does not grow with the
 * number of containers, and a start adds a few elements to what is there.  Each network has a chain
 * and each of its ports elements; an element can be added though it is there, so what is removed is
 * added first.
 *
 * A closing brace is on a line of its own: nft reads no other on standard input.
 */
#include "net/inside/rules.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/hex.h"
#include "base/str.h"
#include "net/inside/rules-egress.h"
#include "net/inside/rules-tables.h"
#include "net/parts.h"

static const char tables[] = "add table bridge moat\n"
			     "add table inet moat\n"
			     "add table netdev moat\n";

static const char remove_tables[] = "delete table bridge moat\n"
				    "delete table inet moat\n"
				    "delete table netdev moat\n";

/* Takes all rules out, but leaves sets and counters. */
static const char empty_tables[] = "flush table bridge moat\n"
				   "flush table inet moat\n"
				   "flush table netdev moat\n";

/* Empties the sets that are filled anew; the addresses that names stand for stay. */
static const char empty_sets[] = "flush set bridge moat macs\n"
				 "flush set bridge moat own4\n"
				 "flush set bridge moat own6\n"
				 "flush set bridge moat targets\n"
				 "flush set inet moat bridges\n"
				 "flush set inet moat same\n"
				 "flush set inet moat gates4\n"
				 "flush set inet moat gates6\n"
				 "flush set inet moat hosts4\n"
				 "flush set inet moat hosts6\n"
				 "flush map inet moat networks\n"
				 "flush map inet moat resolvers4\n"
				 "flush map inet moat resolvers6\n";

static int add_element(struct buf *b, const char *verb, const char *where, const char *element)
{
	return buf_addf(b, "%s element %s { %s }\n", verb, where, element);
}

/* Removes an element that may be missing. */
static int drop_element(struct buf *b, const char *where, const char *element)
{
	int r = add_element(b, "add", where, element);

	return r == 0 ? add_element(b, "delete", where, element) : r;
}

typedef int (*element_fn)(struct buf *b, const char *where, const char *element);

static int put_element(struct buf *b, const char *where, const char *element)
{
	return add_element(b, "add", where, element);
}

static int each_gateway(struct buf *b, const struct network *n, element_fn fn)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n->spec.n_subnets; i++) {
		const struct ip *gateway = &n->spec.subnets[i].gateway;
		char text[IP_TEXT_MAX], element[IP_TEXT_MAX + IFNAMSIZ + 8];

		ip_format(gateway, text);
		snprintf(element, sizeof(element), "\"%s\" . %s", n->bridge, text);
		r = fn(b, gateway->family == AF_INET ? "inet moat gates4" : "inet moat gates6",
		       element);
	}
	return r;
}

static int each_of_network(struct buf *b, const struct network *n, element_fn fn)
{
	char bridge[IFNAMSIZ + 8], same[2 * IFNAMSIZ + 16], verdict[64];
	int r;

	snprintf(bridge, sizeof(bridge), "\"%s\"", n->bridge);
	snprintf(same, sizeof(same), "\"%s\" . \"%s\"", n->bridge, n->bridge);
	snprintf(verdict, sizeof(verdict), "\"%s\" : goto n_%s", n->bridge, n->spec.id);
	r = fn(b, "inet moat bridges", bridge);
	if (r == 0)
		r = fn(b, "inet moat same", same);
	if (r == 0)
		r = fn(b, "inet moat networks", verdict);
	return r == 0 ? each_gateway(b, n, fn) : r;
}

int rules_add_network(struct buf *b, const struct network *n)
{
	int r = egress_add(b, n);

	return r == 0 ? each_of_network(b, n, put_element) : r;
}

int rules_remove_network(struct buf *b, const struct network *n)
{
	int r = each_of_network(b, n, drop_element);

	return r == 0 ? egress_remove(b, n) : r;
}

static int each_address6(struct buf *b, const struct port *p, const struct ip *ip, element_fn fn)
{
	char mac[MAC_TEXT_MAX], text[IP_TEXT_MAX], digits[33];
	char own[IP_TEXT_MAX + IFNAMSIZ + 40], target[IFNAMSIZ + 50];
	int r;

	mac_format(p->spec.mac, mac);
	ip_format(ip, text);
	hex_encode(ip->bytes, 16, digits);
	snprintf(own, sizeof(own), "\"%s\" . %s . %s", p->device, mac, text);
	snprintf(target, sizeof(target), "\"%s\" . 0x%s", p->device, digits);
	r = fn(b, "bridge moat own6", own);
	return r == 0 ? fn(b, "bridge moat targets", target) : r;
}

static int each_address(struct buf *b, const struct port *p, const struct ip *ip, element_fn fn)
{
	char mac[MAC_TEXT_MAX], text[IP_TEXT_MAX], own[IP_TEXT_MAX + IFNAMSIZ + 40];

	if (ip->family == AF_INET6)
		return each_address6(b, p, ip, fn);
	mac_format(p->spec.mac, mac);
	ip_format(ip, text);
	snprintf(own, sizeof(own), "\"%s\" . %s . %s", p->device, mac, text);
	return fn(b, "bridge moat own4", own);
}

static int each_of_port(struct buf *b, const struct port *p, element_fn fn)
{
	const struct ip link_local = model_link_local(p->spec.mac);
	char mac[MAC_TEXT_MAX], element[IFNAMSIZ + 40];
	int r;

	mac_format(p->spec.mac, mac);
	snprintf(element, sizeof(element), "\"%s\" . %s", p->device, mac);
	r = fn(b, "bridge moat macs", element);
	for (size_t i = 0; r == 0 && i < p->spec.n_addresses; i++)
		r = each_address(b, p, &p->spec.addresses[i], fn);
	return r == 0 ? each_address(b, p, &link_local, fn) : r;
}

/* Leads a tap's frames from this port's MAC to its pair, and back. */
static int add_slot(struct buf *b, const struct port *p)
{
	char mac[MAC_TEXT_MAX];

	mac_format(p->spec.mac, mac);
	return buf_addf(b,
			"add chain netdev moat %s { type filter hook ingress device \"%s\" "
			"priority -500; }\n"
			"flush chain netdev moat %s\n"
			"add rule netdev moat %s ether saddr %s fwd to \"%s\"\n"
			"add chain netdev moat %s { type filter hook ingress device \"%s\" "
			"priority -500; }\n"
			"flush chain netdev moat %s\n"
			"add rule netdev moat %s fwd to \"%s\"\n",
			p->device, p->tap->name, p->device, p->device, mac, p->inner, p->inner,
			p->inner, p->inner, p->inner, p->tap->name);
}

static int remove_slot(struct buf *b, const struct port *p)
{
	return buf_addf(b,
			"delete chain netdev moat %s\n"
			"delete chain netdev moat %s\n",
			p->device, p->inner);
}

static int each_resolver(struct buf *b, const struct port *p, element_fn fn)
{
	int r = 0;

	for (size_t i = 0; r == 0 && p->names_port && i < p->spec.n_addresses; i++) {
		const struct ip *ip = &p->spec.addresses[i];
		char text[IP_TEXT_MAX], element[IP_TEXT_MAX + 16];

		ip_format(ip, text);
		snprintf(element, sizeof(element), "%s : %u", text, p->names_port);
		r = fn(b, ip->family == AF_INET ? "inet moat resolvers4" : "inet moat resolvers6",
		       element);
	}
	return r;
}

int rules_add_port(struct buf *b, const struct port *p)
{
	int r = each_of_port(b, p, put_element);

	if (r == 0)
		r = each_resolver(b, p, put_element);
	return r == 0 && *p->inner ? add_slot(b, p) : r;
}

int rules_remove_port(struct buf *b, const struct port *p)
{
	int r = each_of_port(b, p, drop_element);

	if (r == 0)
		r = each_resolver(b, p, drop_element);
	return r == 0 && *p->inner ? remove_slot(b, p) : r;
}

int rules_set_resolver(struct buf *b, struct port *p, uint16_t names_port)
{
	int r = each_resolver(b, p, drop_element);

	p->names_port = names_port;
	return r == 0 ? each_resolver(b, p, put_element) : r;
}

static int add_hosts(struct buf *b, const struct wire_place *u)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(u->host); i++) {
		char text[IP_TEXT_MAX];

		if (ip_is_none(&u->host[i]))
			continue;
		ip_format(&u->host[i], text);
		r = put_element(
			b, u->host[i].family == AF_INET ? "inet moat hosts4" : "inet moat hosts6",
			text);
	}
	return r;
}

int rules_set_hosts(struct buf *b, const struct wire_place *u)
{
	int r = buf_adds(b, "flush set inet moat hosts4\nflush set inet moat hosts6\n");

	return r == 0 ? add_hosts(b, u) : r;
}

static int begin_anew(struct buf *b, bool keep)
{
	int r = buf_adds(b, tables);

	if (r == 0)
		r = buf_adds(b, keep ? empty_tables : remove_tables);
	return r == 0 && !keep ? buf_adds(b, tables) : r;
}

/* Leads packets for the host to where it really is. */
static int add_ways(struct buf *b, const struct wire_place *u)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(u->behind); i++) {
		const char *family = u->host[i].family == AF_INET ? "ip" : "ip6";
		char host[IP_TEXT_MAX], behind[IP_TEXT_MAX];

		if (ip_is_none(&u->behind[i]) || ip_is_none(&u->host[i]))
			continue;
		ip_format(&u->host[i], host);
		ip_format(&u->behind[i], behind);
		r = buf_addf(b, "add rule inet moat names %s daddr %s dnat %s to %s\n", family,
			     host, family, behind);
	}
	return r;
}

static const char senders_masqueraded[] = "		oifname \"" UPLINK_DEVICE "\" masquerade\n";

/* What the host itself sends to a container comes from the gateway, whose network every container
 * knows a way to, and by which the relay speaks for the host, too. */
static const char host_masqueraded[] = "		iifname \"" UPLINK_DEVICE
				       "\" oifname @bridges ip saddr @hosts4 masquerade\n"
				       "		iifname \"" UPLINK_DEVICE
				       "\" oifname @bridges ip6 saddr @hosts6 masquerade\n";

static int add_static(struct buf *b, const struct wire_place *u)
{
	int r = buf_adds(b, rules_guard);

	if (r == 0)
		r = buf_adds(b, rules_filter);
	if (r == 0)
		r = buf_adds(b, u->masquerade ? senders_masqueraded : host_masqueraded);
	if (r == 0)
		r = buf_adds(b, "	}\n}\n");
	return r == 0 ? buf_adds(b, empty_sets) : r;
}

int rules_whole(struct buf *b, const struct model *m, bool keep)
{
	const struct network *n;
	const struct port *p;
	int r = begin_anew(b, keep);

	if (r == 0)
		r = add_static(b, &m->uplink);

	if (r == 0)
		r = add_ways(b, &m->uplink);
	if (r == 0)
		r = add_hosts(b, &m->uplink);
	LIST_FOREACH (n, &m->networks, link)
		r = r == 0 ? rules_add_network(b, n) : r;
	LIST_FOREACH (p, &m->ports, link)
		r = r == 0 ? rules_add_port(b, p) : r;
	return r;
}
