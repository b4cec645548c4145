/* SPDX-License-Identifier: Apache-2.0 */
#include "net/netlink/link.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void link_own_alias(const char *folder, char ret[LINK_ALIAS_MAX])
{
	snprintf(ret, LINK_ALIAS_MAX, "moat-net %s", folder);
}

int link_index(const char *name)
{
	unsigned index = if_nametoindex(name);

	return index == 0 ? -ENODEV : (int)index;
}

struct each {
	int (*fn)(const struct link *link, void *arg);
	void *arg;
};

static void read_text(const struct nlattr *attr, char *ret, size_t size)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		strncpy(ret, mnl_attr_get_str(attr), size - 1);
}

static int read_number(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ? 0 : (int)mnl_attr_get_u32(attr);
}

static int read_link(const struct nlmsghdr *head, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(head);
	const struct each *each = arg;
	const struct nlattr *attr;
	struct link link = { .index = info->ifi_index,
			     .up = info->ifi_flags & IFF_UP,
			     .loopback = info->ifi_flags & IFF_LOOPBACK };

	netlink_each_attr (attr, head, sizeof(*info)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			read_text(attr, link.name, sizeof(link.name));
			break;
		case IFLA_IFALIAS:
			read_text(attr, link.alias, sizeof(link.alias));
			break;
		case IFLA_MASTER:
			link.master = read_number(attr);
			break;
		case IFLA_LINK:
			link.peer = read_number(attr);
			break;
		case IFLA_MTU:
			link.mtu = (uint32_t)read_number(attr);
			break;
		default:
			break;
		}
	}
	return each->fn(&link, each->arg);
}

int link_each(struct netlink *nl, int (*fn)(const struct link *link, void *arg), void *arg)
{
	struct each each = { fn, arg };
	struct netlink_request rq;

	netlink_begin(&rq, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	return netlink_dump(nl, &rq, read_link, &each);
}

static int add_link(struct netlink *nl, struct netlink_request *rq)
{
	rq->head->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	return netlink_call(nl, rq);
}

/* Begins a request about a link that is there; its attributes follow. */
static struct ifinfomsg *begin_change(struct netlink_request *rq, uint16_t type, int index)
{
	struct ifinfomsg *info = netlink_begin(rq, type, 0, sizeof(*info));

	info->ifi_family = AF_UNSPEC;
	info->ifi_index = index;
	return info;
}

int link_add_bridge(struct netlink *nl, const char *name, const uint8_t mac[6], uint32_t mtu)
{
	const struct br_boolopt_multi options = { .optval = 1u << BR_BOOLOPT_NO_LL_LEARN,
						  .optmask = 1u << BR_BOOLOPT_NO_LL_LEARN };
	struct netlink_request rq;
	struct nlattr *info, *data;

	begin_change(&rq, RTM_NEWLINK, 0);
	mnl_attr_put_strz(rq.head, IFLA_IFNAME, name);
	mnl_attr_put(rq.head, IFLA_ADDRESS, 6, mac);
	mnl_attr_put_u32(rq.head, IFLA_MTU, mtu);
	info = mnl_attr_nest_start(rq.head, IFLA_LINKINFO);
	mnl_attr_put_strz(rq.head, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(rq.head, IFLA_INFO_DATA);
	mnl_attr_put_u32(rq.head, IFLA_BR_STP_STATE, 0);
	/* With snooping, multicast frames would go only to ports that once asked for them, and
	 * neighbour discovery would fail where nobody asks. */
	mnl_attr_put_u8(rq.head, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_put(rq.head, IFLA_BR_MULTI_BOOLOPT, sizeof(options), &options);
	mnl_attr_nest_end(rq.head, data);
	mnl_attr_nest_end(rq.head, info);
	return add_link(nl, &rq);
}

int link_add_pair(struct netlink *nl, const char *name, const char *peer, int peer_ns)
{
	struct netlink_request rq;
	struct nlattr *info, *data, *other;

	begin_change(&rq, RTM_NEWLINK, 0);
	mnl_attr_put_strz(rq.head, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(rq.head, IFLA_LINKINFO);
	mnl_attr_put_strz(rq.head, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(rq.head, IFLA_INFO_DATA);
	other = mnl_attr_nest_start(rq.head, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(rq.head, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(rq.head, IFLA_IFNAME, peer);
	if (peer_ns >= 0)
		mnl_attr_put_u32(rq.head, IFLA_NET_NS_FD, (uint32_t)peer_ns);
	mnl_attr_nest_end(rq.head, other);
	mnl_attr_nest_end(rq.head, data);
	mnl_attr_nest_end(rq.head, info);
	return add_link(nl, &rq);
}

int link_remove(struct netlink *nl, int index)
{
	struct netlink_request rq;

	begin_change(&rq, RTM_DELLINK, index);
	return netlink_call(nl, &rq);
}

int link_set_up(struct netlink *nl, int index, bool up)
{
	struct netlink_request rq;
	struct ifinfomsg *info = begin_change(&rq, RTM_NEWLINK, index);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return netlink_call(nl, &rq);
}

int link_set_mtu(struct netlink *nl, int index, uint32_t mtu)
{
	struct netlink_request rq;

	begin_change(&rq, RTM_NEWLINK, index);
	mnl_attr_put_u32(rq.head, IFLA_MTU, mtu);
	return netlink_call(nl, &rq);
}

int link_set_alias(struct netlink *nl, int index, const char *alias)
{
	struct netlink_request rq;

	begin_change(&rq, RTM_NEWLINK, index);
	mnl_attr_put_strz(rq.head, IFLA_IFALIAS, alias);
	return netlink_call(nl, &rq);
}

int link_set_master(struct netlink *nl, int index, int bridge)
{
	struct netlink_request rq;

	begin_change(&rq, RTM_NEWLINK, index);
	mnl_attr_put_u32(rq.head, IFLA_MASTER, (uint32_t)bridge);
	return netlink_call(nl, &rq);
}

int link_set_port(struct netlink *nl, int index)
{
	struct netlink_request rq;
	struct ifinfomsg *info = begin_change(&rq, RTM_SETLINK, index);
	struct nlattr *port;

	info->ifi_family = AF_BRIDGE;
	port = mnl_attr_nest_start(rq.head, IFLA_PROTINFO);
	mnl_attr_put_u8(rq.head, IFLA_BRPORT_LEARNING, 0);
	mnl_attr_put_u8(rq.head, IFLA_BRPORT_UNICAST_FLOOD, 0);
	mnl_attr_nest_end(rq.head, port);
	return netlink_call(nl, &rq);
}

int link_add_station(struct netlink *nl, int index, const uint8_t mac[6])
{
	struct netlink_request rq;
	struct ndmsg *about =
		netlink_begin(&rq, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*about));

	about->ndm_family = AF_BRIDGE;
	about->ndm_ifindex = index;
	about->ndm_state = NUD_NOARP;
	about->ndm_flags = NTF_MASTER;
	mnl_attr_put(rq.head, NDA_LLADDR, 6, mac);
	return netlink_call(nl, &rq);
}
