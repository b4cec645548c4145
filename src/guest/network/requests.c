/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Addresses are added without duplicate address detection: the host gives
 * each out once, and lets nobody use another's.  For the same reason, and so that an interface
 * without IPv6 says nothing, the kernel gives it no link-local address; one that has IPv6 gets it
 * here, made of its MAC as the kernel would.
 *
 * A container that may change its network may have done so: what is to go and has gone is no
 * failure, nor is an address of IPv6 where IPv6 was switched off.
 */
#include "guest/network/requests.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

static void begin_link(struct netlink_batch *b, uint16_t type, uint16_t flags,
		       const struct ifinfomsg *head, const struct netlink_note *note)
{
	netlink_begin(b, type, flags, head, sizeof(*head), note);
}

/* A device that is moved to another namespace forgets the MACs of interfaces on it: so it hears
 * everything. */
#define HEARING(carries) ((carries) ? IFF_PROMISC : 0u)

void request_move(struct netlink_batch *b, int index, int ns_fd, const char *name, bool carries)
{
	const struct ifinfomsg head = { .ifi_index = index,
					.ifi_flags = HEARING(carries),
					.ifi_change = IFF_PROMISC };
	const struct netlink_note note = { "move the", "NIC", 0 };

	begin_link(b, RTM_SETLINK, 0, &head, &note);
	netlink_u32(b, IFLA_NET_NS_FD, (uint32_t)ns_fd);
	netlink_text(b, IFLA_IFNAME, name);
}

/* Only an interface that is down can be renamed; a later request brings it up. */
void request_identity(struct netlink_batch *b, int index, const struct oci_interface *i,
		      bool rename)
{
	const struct ifinfomsg head = { .ifi_index = index };
	const struct ifinfomsg down = { .ifi_index = index, .ifi_change = IFF_UP };
	const struct netlink_note note = { "set up interface", i->name, 0 };

	if (rename)
		begin_link(b, RTM_SETLINK, 0, &down, &note);
	begin_link(b, RTM_SETLINK, 0, &head, &note);
	netlink_bytes(b, IFLA_ADDRESS, i->mac, sizeof(i->mac));
	if (rename)
		netlink_text(b, IFLA_IFNAME, i->name);
}

void request_carrier(struct netlink_batch *b, int index, uint32_t mtu)
{
	const struct ifinfomsg head = { .ifi_index = index,
					.ifi_flags = IFF_UP,
					.ifi_change = IFF_UP };
	const struct netlink_note note = { "bring up the", "NIC", 0 };

	begin_link(b, RTM_SETLINK, 0, &head, &note);
	netlink_u32(b, IFLA_MTU, mtu);
}

void request_macvlan(struct netlink_batch *b, int nic, int ns_fd, const struct oci_interface *i)
{
	const struct ifinfomsg head = { 0 };
	const struct netlink_note note = { "set up interface", i->name, 0 };
	size_t info, data;

	begin_link(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, &note);
	netlink_u32(b, IFLA_LINK, (uint32_t)nic);
	if (ns_fd >= 0)
		netlink_u32(b, IFLA_NET_NS_FD, (uint32_t)ns_fd);
	netlink_text(b, IFLA_IFNAME, i->name);
	netlink_bytes(b, IFLA_ADDRESS, i->mac, sizeof(i->mac));
	netlink_u32(b, IFLA_MTU, i->mtu);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_text(b, IFLA_INFO_KIND, "macvlan");
	data = netlink_nest(b, IFLA_INFO_DATA);
	netlink_u32(b, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
	netlink_unnest(b, data);
	netlink_unnest(b, info);
}

void request_delete(struct netlink_batch *b, int index, const struct oci_interface *i)
{
	const struct ifinfomsg head = { .ifi_index = index };
	const struct netlink_note note = { "take away interface", i->name, ENODEV };

	begin_link(b, RTM_DELLINK, 0, &head, &note);
}

/* Switches off addresses of the kernel's own: it looks at this setting before it brings an
 * interface up. */
static void quieten_ipv6(struct netlink_batch *b, int index, const struct oci_interface *i)
{
	const struct ifinfomsg head = { .ifi_index = index };
	const struct netlink_note note = { "set up IPv6 of interface", i->name, 0 };
	size_t spec, inet6;

	begin_link(b, RTM_SETLINK, 0, &head, &note);
	spec = netlink_nest(b, IFLA_AF_SPEC);
	inet6 = netlink_nest(b, AF_INET6);
	netlink_u8(b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	netlink_unnest(b, inet6);
	netlink_unnest(b, spec);
}

void request_up(struct netlink_batch *b, int index, const struct oci_interface *i, bool has_ipv6)
{
	const struct ifinfomsg head = { .ifi_index = index,
					.ifi_flags = IFF_UP,
					.ifi_change = IFF_UP };
	const struct netlink_note note = { "bring up interface", i->name, 0 };

	if (has_ipv6)
		quieten_ipv6(b, index, i);
	begin_link(b, RTM_SETLINK, 0, &head, &note);
	netlink_u32(b, IFLA_MTU, i->mtu);
}

static size_t size_of(const struct ip *ip)
{
	return ip_bits(ip) / 8;
}

/* @text: the address, for a message */
static void add_address(struct netlink_batch *b, uint16_t type, int index, const struct ip_net *a,
			const char *text)
{
	const bool added = type == RTM_NEWADDR, six = a->ip.family == AF_INET6;
	const struct ifaddrmsg head = { .ifa_family = a->ip.family,
					.ifa_prefixlen = a->bits,
					.ifa_flags = six ? IFA_F_NODAD : 0,
					.ifa_index = (uint32_t)index };
	const struct netlink_note note = { added ? "add address" : "take away address", text,
					   added ? (six ? EACCES : 0) : EADDRNOTAVAIL };
	const struct ip last = ip_net_last(a);

	netlink_begin(b, type, added ? NLM_F_CREATE | NLM_F_REPLACE : 0, &head, sizeof(head),
		      &note);
	netlink_bytes(b, IFA_LOCAL, a->ip.bytes, size_of(&a->ip));
	netlink_bytes(b, IFA_ADDRESS, a->ip.bytes, size_of(&a->ip));
	if (added && !six && a->bits < 31)
		netlink_bytes(b, IFA_BROADCAST, last.bytes, size_of(&last));
}

static void add_route(struct netlink_batch *b, uint16_t type, int index,
		      const struct oci_route *route, const char *text)
{
	const bool added = type == RTM_NEWROUTE, six = route->via.family == AF_INET6;
	const struct rtmsg head = { .rtm_family = route->via.family,
				    .rtm_dst_len = route->to.bits,
				    .rtm_table = RT_TABLE_MAIN,
				    .rtm_protocol = added ? RTPROT_BOOT : RTPROT_UNSPEC,
				    .rtm_scope = added ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE,
				    .rtm_type = added ? RTN_UNICAST : RTN_UNSPEC };
	const struct netlink_note note = { added ? "add route" : "take away route", text,
					   added ? (six ? EACCES : 0) : ESRCH };

	netlink_begin(b, type, added ? NLM_F_CREATE | NLM_F_REPLACE : 0, &head, sizeof(head),
		      &note);
	if (route->to.bits > 0)
		netlink_bytes(b, RTA_DST, route->to.ip.bytes, size_of(&route->to.ip));
	netlink_bytes(b, RTA_GATEWAY, route->via.bytes, size_of(&route->via));
	netlink_u32(b, RTA_OIF, (uint32_t)index);
}

static int take_address(struct netlink_batch *b, uint16_t type, int index, const char *text,
			struct err *err)
{
	struct ip_net a;

	if (ip_net_parse(text, &a) < 0)
		return err_set(err, -EINVAL, "\"%s\" is no address with a prefix", text);
	add_address(b, type, index, &a, text);
	return 0;
}

static int take_route(struct netlink_batch *b, uint16_t type, int index, const char *text,
		      struct err *err)
{
	struct oci_route route;

	if (oci_route_parse(text, &route) < 0)
		return err_set(err, -EINVAL, "\"%s\" is no route", text);
	add_route(b, type, index, &route, text);
	return 0;
}

static int take_gateway(struct netlink_batch *b, uint16_t type, int index, const char *text,
			struct err *err)
{
	struct oci_route route = { 0 };

	if (!text || !*text)
		return 0;
	if (ip_parse(text, &route.via) < 0)
		return err_set(err, -EINVAL, "\"%s\" is no address of a gateway", text);
	route.to.ip.family = route.via.family;
	add_route(b, type, index, &route, text);
	return 0;
}

static int drop_gateway(struct netlink_batch *b, int index, const char *now, const char *wanted,
			struct err *err)
{
	bool stays = now && streq(now, wanted ? wanted : "");

	return stays ? 0 : take_gateway(b, RTM_DELROUTE, index, now, err);
}

int request_drop(struct netlink_batch *b, int index, const struct oci_interface *now,
		 const struct oci_interface *wanted, struct err *err)
{
	int r = drop_gateway(b, index, now->gateway4, wanted->gateway4, err);

	if (r == 0)
		r = drop_gateway(b, index, now->gateway6, wanted->gateway6, err);
	for (char **text = now->routes; r == 0 && *text; text++)
		if (!strv_has(wanted->routes, *text))
			r = take_route(b, RTM_DELROUTE, index, *text, err);
	for (char **text = now->addresses; r == 0 && *text; text++)
		if (!strv_has(wanted->addresses, *text))
			r = take_address(b, RTM_DELADDR, index, *text, err);
	return r;
}

/* fe80::/64 with the MAC in it (RFC 4291, appendix A). */
static void add_link_local(struct netlink_batch *b, int index, const struct oci_interface *i)
{
	const uint8_t *mac = i->mac;
	const struct ip_net a = { .ip = { .family = AF_INET6,
					  .bytes = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2,
						     mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4],
						     mac[5] } },
				  .bits = 64 };

	add_address(b, RTM_NEWADDR, index, &a, "of the link");
}

static bool has_ipv6_address(const struct oci_interface *i)
{
	for (char **text = i->addresses; *text; text++)
		if (strchr(*text, ':'))
			return true;
	return false;
}

int request_have(struct netlink_batch *b, int index, const struct oci_interface *i, struct err *err)
{
	int r = 0;

	if (has_ipv6_address(i))
		add_link_local(b, index, i);
	for (char **text = i->addresses; r == 0 && *text; text++)
		r = take_address(b, RTM_NEWADDR, index, *text, err);
	if (r == 0)
		r = take_gateway(b, RTM_NEWROUTE, index, i->gateway4, err);
	if (r == 0)
		r = take_gateway(b, RTM_NEWROUTE, index, i->gateway6, err);
	for (char **text = i->routes; r == 0 && *text; text++)
		r = take_route(b, RTM_NEWROUTE, index, *text, err);
	return r;
}
