/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outside/forwarding.h"

#include <ctype.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "net/common/sysctl.h"
#include "net/netlink/route.h"

#define SETTING_MAX 80

/* Names an interface's setting; FORWARDING_ALL names IPv6's setting for all. */
static void name_setting(uint8_t family, const char *interface, char ret[SETTING_MAX])
{
	const char *what = family == AF_INET || streq(interface, FORWARDING_ALL)
				   ? "forwarding"
				   : "force_forwarding";

	snprintf(ret, SETTING_MAX, "%s/conf/%s/%s", family == AF_INET ? "ipv4" : "ipv6", interface,
		 what);
}

static int get_setting(uint8_t family, const char *interface, int *ret)
{
	char name[SETTING_MAX];

	name_setting(family, interface, name);
	return sysctl_get(name, ret);
}

bool forwarding_of_all(uint8_t family)
{
	int on;

	return get_setting(family, FORWARDING_ALL, &on) == 0 && on;
}

void forwarding_set(uint8_t family, char *const *names, bool on)
{
	for (; names && *names; names++) {
		char name[SETTING_MAX];

		name_setting(family, *names, name);
		sysctl_set(name, on);
	}
}

struct search {
	uint8_t family;
	const char *but;
	char **found;
};

static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-.@", *name))
			return false;
	return true;
}

static int look_at(const struct link *link, void *arg)
{
	struct search *search = arg;
	int on;

	if (link->loopback || streq(link->name, search->but) || !is_plain(link->name) ||
	    streq(link->name, FORWARDING_ALL))
		return 0;
	if (get_setting(search->family, link->name, &on) < 0 || on)
		return 0;
	return strv_add(&search->found, link->name);
}

static int search_each(struct netlink *nl, uint8_t family, const char *but, char ***ret)
{
	struct search search = { .family = family, .but = but };
	int r = link_each(nl, look_at, &search);

	if (r < 0) {
		strv_free(search.found);
		return r;
	}
	*ret = search.found;
	return 0;
}

static int is_advertised(const struct ip_route *route, void *arg)
{
	bool *found = arg;

	*found = *found || (route->to.ip.family == AF_INET6 && route->protocol == RTPROT_RA);
	return 0;
}

/* For the one setting for all, which also decides whether the host listens to routers. */
static int search_all(struct netlink *nl, char ***ret)
{
	bool advertised = false;
	char **found = NULL;
	int r = ip_route_each(nl, RT_TABLE_MAIN, is_advertised, &advertised);

	if (r < 0)
		return r;
	if (advertised)
		return -ENOTSUP;
	r = strv_add(&found, FORWARDING_ALL);
	if (r == 0)
		*ret = found;
	return r;
}

int forwarding_missing(struct netlink *nl, uint8_t family, const char *but, char ***ret)
{
	int on, r = get_setting(family, FORWARDING_ALL, &on);

	if (r < 0)
		return r == -ENOENT ? -EAFNOSUPPORT : r;
	if (family == AF_INET)
		return search_each(nl, family, but, ret);
	if (on) {
		*ret = NULL;
		return 0;
	}
	return get_setting(family, "default", &on) == 0 ? search_each(nl, family, but, ret)
							: search_all(nl, ret);
}
