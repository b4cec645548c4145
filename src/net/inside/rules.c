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
#include "net/parts.h"

static const char tables[] = "add table bridge moat\n"
			     "add table inet moat\n"
			     "add table netdev moat\n";

static const char remove_tables[] = "delete table bridge moat\n"
				    "delete table inet moat\n"
				    "delete table netdev moat\n";

/* Takes all rules out, and leaves sets and counters. */
static const char empty_tables[] = "flush table bridge moat\n"
				   "flush table inet moat\n"
				   "flush table netdev moat\n";

/* What is an element of these is told again; addresses that names stand for are not. */
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

/*
 * Frames that come from a tap.  Each has the port's MAC and, by its kind, one of its addresses as
 * its sender; nobody answers for others, and nobody but moat is a router or gives out addresses.
 */
static const char guard[] =
	"table bridge moat {\n"
	"	set macs {\n"
	"		type ifname . ether_addr\n"
	"	}\n"
	"	set own4 {\n"
	"		type ifname . ether_addr . ipv4_addr\n"
	"	}\n"
	"	set own6 {\n"
	"		type ifname . ether_addr . ipv6_addr\n"
	"	}\n"
	"	set targets {\n"
	"		typeof iifname . @th,64,128\n"
	"	}\n"
	"	counter spoofed {\n"
	"	}\n"
	"	chain guard {\n"
	"		type filter hook prerouting priority -300; policy drop;\n"
	"		iifname . ether saddr != @macs counter name spoofed drop\n"
	"		ether type vmap { arp : goto guard_arp, ip : goto guard_ip, ip6 : goto "
	"guard_ip6 }\n"
	"		counter name spoofed\n"
	"	}\n"
	"	chain guard_arp {\n"
	"		arp htype != 1 counter name spoofed drop\n"
	"		arp ptype != ip counter name spoofed drop\n"
	"		arp hlen != 6 counter name spoofed drop\n"
	"		arp plen != 4 counter name spoofed drop\n"
	"		iifname . arp saddr ether . arp saddr ip @own4 accept\n"
	"		arp operation request iifname . arp saddr ether @macs arp saddr ip 0.0.0.0 "
	"accept\n"
	"		counter name spoofed drop\n"
	"	}\n"
	"	chain guard_ip {\n"
	"		udp sport 67 counter name spoofed drop\n"
	"		iifname . ether saddr . ip saddr @own4 accept\n"
	"		udp dport 67 drop\n"
	"		igmp type membership-report-v3 accept\n"
	"		counter name spoofed drop\n"
	"	}\n"
	"	chain guard_ip6 {\n"
	"		udp sport 547 counter name spoofed drop\n"
	"		icmpv6 type { nd-router-advert, nd-redirect } counter name spoofed drop\n"
	"		icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @targets counter "
	"name spoofed drop\n"
	"		iifname . ether saddr . ip6 saddr @own6 accept\n"
	"		ip6 saddr :: icmpv6 type { nd-neighbor-solicit, mld2-listener-report } "
	"accept\n"
	"		counter name spoofed drop\n"
	"	}\n"
	"}\n";

/*
 * Packets for this namespace are let in where they are for a gateway and for what it offers: names,
 * and an echo.  What is routed is let through from a network by that network's chain, and to one
 * from the host itself.  Frames that stay in their bridge pass here, too, where the host has
 * br_netfilter.
 */
static const char filter[] =
	"table inet moat {\n"
	"	set bridges {\n"
	"		type ifname\n"
	"	}\n"
	"	set same {\n"
	"		type ifname . ifname\n"
	"	}\n"
	"	set gates4 {\n"
	"		type ifname . ipv4_addr\n"
	"	}\n"
	"	set gates6 {\n"
	"		type ifname . ipv6_addr\n"
	"	}\n"
	"	set hosts4 {\n"
	"		type ipv4_addr\n"
	"	}\n"
	"	set hosts6 {\n"
	"		type ipv6_addr\n"
	"	}\n"
	"	map networks {\n"
	"		type ifname : verdict\n"
	"	}\n"
	"	map resolvers4 {\n"
	"		type ipv4_addr : inet_service\n"
	"	}\n"
	"	map resolvers6 {\n"
	"		type ipv6_addr : inet_service\n"
	"	}\n"
	"	chain marks {\n"
	"		type filter hook prerouting priority -150; policy accept;\n"
	"		socket transparent 1 meta mark set 1 accept\n"
	"	}\n"
	"	chain names {\n"
	"		type nat hook prerouting priority -100; policy accept;\n"
	"		iifname . ip daddr @gates4 meta l4proto { tcp, udp } th dport 53 redirect "
	"to :ip saddr map @resolvers4\n"
	"		iifname . ip6 daddr @gates6 meta l4proto { tcp, udp } th dport 53 redirect "
	"to :ip6 saddr map @resolvers6\n"
	"	}\n"
	"	chain input {\n"
	"		type filter hook input priority 0; policy drop;\n"
	"		iif lo accept\n"
	"		meta mark 1 accept\n"
	"		ct state vmap { established : accept, related : accept, invalid : drop }\n"
	"		iifname @bridges jump offered\n"
	"		iifname \"" UPLINK_DEVICE
	"\" ip saddr @hosts4 icmp type echo-request accept\n"
	"		iifname \"" UPLINK_DEVICE
	"\" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, echo-request } accept\n"
	"	}\n"
	"	chain offered {\n"
	"		ct status dnat accept\n"
	"		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	"		iifname . ip daddr @gates4 meta l4proto { tcp, udp } th dport 53 accept\n"
	"		iifname . ip6 daddr @gates6 meta l4proto { tcp, udp } th dport 53 accept\n"
	"		iifname . ip daddr @gates4 icmp type echo-request accept\n"
	"		iifname . ip6 daddr @gates6 icmpv6 type echo-request accept\n"
	"		fib daddr type local meta l4proto tcp reject with tcp reset\n"
	"		fib daddr type local reject with icmpx port-unreachable\n"
	"	}\n"
	"	chain forward {\n"
	"		type filter hook forward priority 0; policy drop;\n"
	"		ct state vmap { established : accept, related : accept, invalid : drop }\n"
	"		iifname . oifname @same accept\n"
	"		iifname vmap @networks\n"
	"		iifname \"" UPLINK_DEVICE "\" oifname @bridges ip saddr @hosts4 accept\n"
	"		iifname \"" UPLINK_DEVICE "\" oifname @bridges ip6 saddr @hosts6 accept\n"
	"	}\n"
	"	chain outward {\n"
	"		type nat hook postrouting priority 100; policy accept;\n";

static int add_element(struct buf *b, const char *verb, const char *where, const char *element)
{
	return buf_addf(b, "%s element %s { %s }\n", verb, where, element);
}

/* Removes an element that may not be there. */
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
	char mac[PARTS_MAC_TEXT_MAX], text[IP_TEXT_MAX], digits[33];
	char own[IP_TEXT_MAX + IFNAMSIZ + 40], target[IFNAMSIZ + 50];
	int r;

	parts_mac_format(p->spec.mac, mac);
	ip_format(ip, text);
	hex_encode(ip->bytes, 16, digits);
	snprintf(own, sizeof(own), "\"%s\" . %s . %s", p->device, mac, text);
	snprintf(target, sizeof(target), "\"%s\" . 0x%s", p->device, digits);
	r = fn(b, "bridge moat own6", own);
	return r == 0 ? fn(b, "bridge moat targets", target) : r;
}

static int each_address(struct buf *b, const struct port *p, const struct ip *ip, element_fn fn)
{
	char mac[PARTS_MAC_TEXT_MAX], text[IP_TEXT_MAX], own[IP_TEXT_MAX + IFNAMSIZ + 40];

	if (ip->family == AF_INET6)
		return each_address6(b, p, ip, fn);
	parts_mac_format(p->spec.mac, mac);
	ip_format(ip, text);
	snprintf(own, sizeof(own), "\"%s\" . %s . %s", p->device, mac, text);
	return fn(b, "bridge moat own4", own);
}

static int each_of_port(struct buf *b, const struct port *p, element_fn fn)
{
	const struct ip link_local = model_link_local(p->spec.mac);
	char mac[PARTS_MAC_TEXT_MAX], element[IFNAMSIZ + 40];
	int r;

	parts_mac_format(p->spec.mac, mac);
	snprintf(element, sizeof(element), "\"%s\" . %s", p->device, mac);
	r = fn(b, "bridge moat macs", element);
	for (size_t i = 0; r == 0 && i < p->spec.n_addresses; i++)
		r = each_address(b, p, &p->spec.addresses[i], fn);
	return r == 0 ? each_address(b, p, &link_local, fn) : r;
}

/* A tap's frames that come from this port's MAC go to its pair, and back. */
static int add_slot(struct buf *b, const struct port *p)
{
	char mac[PARTS_MAC_TEXT_MAX];

	parts_mac_format(p->spec.mac, mac);
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

int rules_add_port(struct buf *b, const struct port *p)
{
	int r = each_of_port(b, p, put_element);

	return r == 0 && *p->inner ? add_slot(b, p) : r;
}

int rules_remove_port(struct buf *b, const struct port *p)
{
	int r = each_of_port(b, p, drop_element);

	return r == 0 && *p->inner ? remove_slot(b, p) : r;
}

static int add_hosts(struct buf *b, const struct uplink_place *u)
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

static int begin_anew(struct buf *b, bool keep)
{
	int r = buf_adds(b, tables);

	if (r == 0)
		r = buf_adds(b, keep ? empty_tables : remove_tables);
	return r == 0 && !keep ? buf_adds(b, tables) : r;
}

static int add_static(struct buf *b, const struct uplink_place *u)
{
	int r = buf_adds(b, guard);

	if (r == 0)
		r = buf_adds(b, filter);
	if (r == 0 && u->masquerade)
		r = buf_adds(b, "		oifname \"" UPLINK_DEVICE "\" masquerade\n");
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
		r = add_hosts(b, &m->uplink);
	LIST_FOREACH (n, &m->networks, link)
		r = r == 0 ? rules_add_network(b, n) : r;
	LIST_FOREACH (p, &m->ports, link)
		r = r == 0 ? rules_add_port(b, p) : r;
	return r;
}
