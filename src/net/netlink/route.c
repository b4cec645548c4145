/* SPDX-License-Identifier: Apache-2.0 */
#include "net/netlink/route.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

static void put_ip(struct netlink_request *rq, uint16_t type, const struct ip *ip)
{
	if (!ip_is_none(ip))
		mnl_attr_put(rq->head, type, ip_bits(ip) / 8, ip->bytes);
}

/* Reads an address; leaves @ret alone where the attribute has another size. */
static void get_ip(const struct nlattr *attr, uint8_t family, struct ip *ret)
{
	struct ip ip = { .family = family };

	if (mnl_attr_get_payload_len(attr) != ip_bits(&ip) / 8)
		return;
	memcpy(ip.bytes, mnl_attr_get_payload(attr), ip_bits(&ip) / 8);
	*ret = ip;
}

static int change_address(struct netlink *nl, uint16_t type, int index,
			  const struct ip_net *address)
{
	struct netlink_request rq;
	uint16_t flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct ifaddrmsg *about = netlink_begin(&rq, type, flags, sizeof(*about));

	about->ifa_family = address->ip.family;
	about->ifa_prefixlen = address->bits;
	about->ifa_index = (unsigned)index;
	/* Nobody else has the address, and sockets must be able to bind to it without waiting for
	 * that to be found out. */
	about->ifa_flags = address->ip.family == AF_INET6 ? IFA_F_NODAD : 0;
	put_ip(&rq, IFA_LOCAL, &address->ip);
	put_ip(&rq, IFA_ADDRESS, &address->ip);
	return netlink_call(nl, &rq);
}

int address_add(struct netlink *nl, int index, const struct ip_net *address)
{
	int r = change_address(nl, RTM_NEWADDR, index, address);

	return r == -EEXIST ? 0 : r;
}

int address_remove(struct netlink *nl, int index, const struct ip_net *address)
{
	return change_address(nl, RTM_DELADDR, index, address);
}

struct each_address {
	int (*fn)(const struct address *a, void *arg);
	void *arg;
};

static int read_address(const struct nlmsghdr *head, void *arg)
{
	const struct ifaddrmsg *about = mnl_nlmsg_get_payload(head);
	const struct each_address *each = arg;
	const struct nlattr *attr;
	struct address a = { .index = (int)about->ifa_index };
	struct ip local = { 0 };

	netlink_each_attr (attr, head, sizeof(*about)) {
		if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			get_ip(attr, about->ifa_family, &a.net.ip);
		if (mnl_attr_get_type(attr) == IFA_LOCAL)
			get_ip(attr, about->ifa_family, &local);
	}
	/* On a link between two, IFA_ADDRESS is the other one's address. */
	if (!ip_is_none(&local))
		a.net.ip = local;
	if (ip_is_none(&a.net.ip) || about->ifa_prefixlen > ip_bits(&a.net.ip))
		return 0;
	a.net.bits = about->ifa_prefixlen;
	return each->fn(&a, each->arg);
}

int address_each(struct netlink *nl, int (*fn)(const struct address *a, void *arg), void *arg)
{
	struct each_address each = { fn, arg };
	struct netlink_request rq;

	netlink_begin(&rq, RTM_GETADDR, 0, sizeof(struct ifaddrmsg));
	return netlink_dump(nl, &rq, read_address, &each);
}

static int change_route(struct netlink *nl, uint16_t type, const struct ip_route *route)
{
	struct netlink_request rq;
	uint16_t flags = type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct rtmsg *about = netlink_begin(&rq, type, flags, sizeof(*about));

	about->rtm_family = route->to.ip.family;
	about->rtm_dst_len = route->to.bits;
	about->rtm_table = RT_TABLE_UNSPEC;
	about->rtm_protocol = route->protocol ? route->protocol : RTPROT_STATIC;
	about->rtm_type = route->type ? route->type : RTN_UNICAST;
	about->rtm_scope = about->rtm_type == RTN_LOCAL ? RT_SCOPE_HOST
			   : ip_is_none(&route->via)	? RT_SCOPE_LINK
							: RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(rq.head, RTA_TABLE, route->table ? route->table : RT_TABLE_MAIN);
	if (route->to.bits > 0)
		put_ip(&rq, RTA_DST, &route->to.ip);
	put_ip(&rq, RTA_GATEWAY, &route->via);
	put_ip(&rq, RTA_PREFSRC, &route->from);
	if (route->index > 0)
		mnl_attr_put_u32(rq.head, RTA_OIF, (uint32_t)route->index);
	return netlink_call(nl, &rq);
}

int ip_route_add(struct netlink *nl, const struct ip_route *route)
{
	return change_route(nl, RTM_NEWROUTE, route);
}

int ip_route_remove(struct netlink *nl, const struct ip_route *route)
{
	return change_route(nl, RTM_DELROUTE, route);
}

struct each_route {
	uint32_t table;
	int (*fn)(const struct ip_route *route, void *arg);
	void *arg;
};

static int read_route(const struct nlmsghdr *head, void *arg)
{
	const struct rtmsg *about = mnl_nlmsg_get_payload(head);
	const struct each_route *each = arg;
	const struct nlattr *attr;
	struct ip_route route = { .to = { .ip.family = about->rtm_family,
					  .bits = about->rtm_dst_len },
				  .type = about->rtm_type,
				  .protocol = about->rtm_protocol,
				  .table = about->rtm_table };

	netlink_each_attr (attr, head, sizeof(*about)) {
		if (mnl_attr_get_type(attr) == RTA_DST)
			get_ip(attr, about->rtm_family, &route.to.ip);
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			get_ip(attr, about->rtm_family, &route.via);
		if (mnl_attr_get_type(attr) == RTA_PREFSRC)
			get_ip(attr, about->rtm_family, &route.from);
		if (mnl_attr_get_type(attr) == RTA_TABLE &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			route.table = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			route.index = (int)mnl_attr_get_u32(attr);
	}
	if ((each->table != RT_TABLE_UNSPEC && route.table != each->table) ||
	    route.to.bits > ip_bits(&route.to.ip))
		return 0;
	return each->fn(&route, each->arg);
}

int ip_route_each(struct netlink *nl, uint32_t table,
		  int (*fn)(const struct ip_route *route, void *arg), void *arg)
{
	struct each_route each = { table, fn, arg };
	struct netlink_request rq;

	netlink_begin(&rq, RTM_GETROUTE, 0, sizeof(struct rtmsg));
	return netlink_dump(nl, &rq, read_route, &each);
}

int rule_add(struct netlink *nl, uint8_t family, uint32_t mark, uint32_t table)
{
	struct netlink_request rq;
	struct fib_rule_hdr *about =
		netlink_begin(&rq, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*about));
	int r;

	about->family = family;
	about->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(rq.head, FRA_TABLE, table);
	mnl_attr_put_u32(rq.head, FRA_FWMARK, mark);
	mnl_attr_put_u32(rq.head, FRA_FWMASK, UINT32_MAX);
	r = netlink_call(nl, &rq);
	return r == -EEXIST ? 0 : r;
}
