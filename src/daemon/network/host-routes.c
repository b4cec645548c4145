/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Routes of all tables count: VPNs have tables of their own, and a subnet
 * that is reached by one of these must not become a container's.  Links are asked for by rtnetlink,
 * too, and not by /sys, which may show another network namespace's.
 */
#include "daemon/network/host-routes.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"
#include "net/netlink/link.h"
#include "net/netlink/route.h"

struct walk {
	const char *alias;
	int own[8]; /* indexes of the links of that alias */
	size_t n_own;
	int (*fn)(const struct ip_net *net, const char *interface, void *arg);
	void *arg;
};

static int note_own(const struct link *link, void *arg)
{
	struct walk *w = arg;

	if (streq(link->alias, w->alias) && w->n_own < ARRAY_SIZE(w->own))
		w->own[w->n_own++] = link->index;
	return 0;
}

static bool is_own(const struct walk *w, int index)
{
	for (size_t i = 0; i < w->n_own; i++)
		if (w->own[i] == index)
			return true;
	return false;
}

static bool is_wanted(const struct ip_route *route)
{
	return route->to.bits > 0 && route->table != RT_TABLE_LOCAL &&
	       (route->type == RTN_UNICAST || route->type == RTN_BLACKHOLE ||
		route->type == RTN_UNREACHABLE || route->type == RTN_PROHIBIT);
}

static int see_route(const struct ip_route *route, void *arg)
{
	const struct walk *w = arg;
	char name[IF_NAMESIZE] = "";

	if (!is_wanted(route) || is_own(w, route->index))
		return 0;
	if (route->index == 0 || !if_indextoname((unsigned)route->index, name))
		*name = '\0';
	return w->fn(&route->to, name, w->arg);
}

int host_routes_each(const char *alias,
		     int (*fn)(const struct ip_net *net, const char *interface, void *arg),
		     void *arg, struct err *err)
{
	struct walk w = { .alias = alias, .fn = fn, .arg = arg };
	cleanup_netlink struct netlink *nl = NULL;
	int r = netlink_new(&nl);

	if (r == 0)
		r = link_each(nl, note_own, &w);
	if (r == 0)
		r = ip_route_each(nl, RT_TABLE_UNSPEC, see_route, &w);
	return r < 0 ? err_errno(err, r, "read the host's routes") : 0;
}
