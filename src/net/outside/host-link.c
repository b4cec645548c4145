/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outside/host-link.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "net/common/sysctl.h"
#include "net/outside/host-rules.h"
#include "net/outside/place.h"

#define NUMBERS	  64u
#define PEER_NAME "up0"

/* Networks that moat may lead to itself are no wider. */
#define BITS_MIN_4 8
#define BITS_MIN_6 16

struct survey {
	int but; /* index of our own interface */
	struct place_taken taken;
};

static int note_route(const struct ip_route *route, void *arg)
{
	struct survey *s = arg;

	return route->index == s->but ? 0 : place_take(&s->taken, &route->to);
}

static int note_address(const struct address *a, void *arg)
{
	struct survey *s = arg;
	struct ip_net net = { ip_net_first(&a->net), a->net.bits };

	return a->index == s->but ? 0 : place_take(&s->taken, &net);
}

/* Finds the networks of the host's addresses and routes, except the default routes. */
static int survey_host(const struct host_link *l, struct survey *ret)
{
	int r;

	*ret = (struct survey){ .but = l->index ? l->index : -1 };
	r = ip_route_each(l->nl, RT_TABLE_MAIN, note_route, ret);
	return r == 0 ? address_each(l->nl, note_address, ret) : r;
}

static int choose_places(struct host_link *l, const struct wire_uplink *wish, struct err *err)
{
	struct survey s;
	int r = survey_host(l, &s);

	for (uint32_t i = 0; r == 0 && i < wish->n_subnets; i++)
		r = place_take(&s.taken, &wish->subnets[i]);
	if (r == 0)
		r = place_choose(&s.taken, AF_INET, l->number, &l->own[0], &l->host[0]);
	if (r == 0)
		r = place_choose(&s.taken, AF_INET6, l->number, &l->own[1], &l->host[1]);
	place_taken_reset(&s.taken);
	return r < 0 ? err_errno(err, r, "addresses for the way between host and networks") : 0;
}

static int make_pair(struct host_link *l, int namespace_fd)
{
	int r = -EEXIST;

	for (l->number = 0; r == -EEXIST && l->number < NUMBERS; l->number++) {
		host_device(l->number, l->device);
		r = link_add_pair(l->nl, l->device, PEER_NAME, namespace_fd);
		if (r == 0)
			return link_index(l->device);
	}
	return r;
}

static void set_up_interface(const struct host_link *l)
{
	static const struct {
		const char *format, *name;
		int value;
	} settings[] = {
		{ "ipv4", "forwarding", 1 },	   { "ipv4", "accept_redirects", 0 },
		{ "ipv6", "accept_dad", 0 },	   { "ipv6", "dad_transmits", 0 },
		{ "ipv6", "disable_ipv6", 0 },	   { "ipv6", "accept_ra", 0 },
		{ "ipv6", "force_forwarding", 1 },
	};

	/* Not every kernel has all of these settings. */
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		char name[80];

		snprintf(name, sizeof(name), "%s/conf/%s/%s", settings[i].format, l->device,
			 settings[i].name);
		sysctl_set(name, settings[i].value);
	}
}

void host_link_let_loopback(const struct host_link *l, bool let)
{
	char name[80];

	snprintf(name, sizeof(name), "ipv4/conf/%s/route_localnet", l->device);
	sysctl_set(name, let);
}

static int set_addresses(struct host_link *l)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(l->host); i++) {
		r = address_add(l->nl, l->index, &(struct ip_net){ l->host[i], l->own[i].bits });
		/* A host without IPv6. */
		if (r < 0 && l->host[i].family == AF_INET6) {
			l->host[i] = (struct ip){ 0 };
			l->own[i] = (struct ip_net){ 0 };
			r = 0;
		}
	}
	return r;
}

int host_link_make(struct host_link *l, const char *folder, int namespace_fd,
		   const struct wire_uplink *wish, struct err *err)
{
	char alias[LINK_ALIAS_MAX];
	int r = make_pair(l, namespace_fd);

	if (r < 0)
		return err_errno(err, r, "interface between host and networks");
	l->index = r;
	link_own_alias(folder, alias);
	r = link_set_alias(l->nl, l->index, alias);
	if (r < 0)
		err_errno(err, r, "%s", l->device);
	if (r == 0)
		r = choose_places(l, wish, err);
	if (r == 0) {
		set_up_interface(l);
		r = set_addresses(l);
		if (r == 0)
			r = link_set_up(l->nl, l->index, true);
		if (r < 0)
			err_errno(err, r, "addresses of %s", l->device);
	}
	if (r < 0)
		host_link_remove(l);
	return r;
}

static int note_own(const struct address *a, void *arg)
{
	struct host_link *l = arg;
	int i = a->net.ip.family == AF_INET ? 0 : 1;
	struct ip_net own = { ip_net_first(&a->net), a->net.bits };

	if (a->index != l->index || (a->net.ip.bytes[0] == 0xfe && i == 1))
		return 0;
	l->host[i] = a->net.ip;
	ip_add(&own.ip, 2, &own.ip);
	l->own[i] = own;
	return 0;
}

static int note_led(const struct ip_route *route, void *arg)
{
	struct host_link *l = arg;
	struct ip_net *routes;

	if (route->index != l->index || ip_is_none(&route->via))
		return 0;
	routes = reallocarray(l->routes, l->n_routes + 1, sizeof(*routes));
	if (!routes)
		return -ENOMEM;
	routes[l->n_routes++] = route->to;
	l->routes = routes;
	return 0;
}

int host_link_take(struct host_link *l, unsigned number, int index, struct err *err)
{
	int r;

	l->number = number;
	l->index = index;
	host_device(number, l->device);
	host_link_let_loopback(l, false);
	r = address_each(l->nl, note_own, l);
	if (r == 0)
		r = ip_route_each(l->nl, RT_TABLE_MAIN, note_led, l);
	return r < 0 ? err_errno(err, r, "%s", l->device) : 0;
}

static int change_route(struct host_link *l, const struct ip_net *to,
			int (*change)(struct netlink *nl, const struct ip_route *route))
{
	int i = to->ip.family == AF_INET ? 0 : 1;
	const struct ip_route route = {
		.to = *to, .via = l->own[i].ip, .from = l->host[i], .index = l->index
	};

	return ip_is_none(&route.via) ? 0 : change(l->nl, &route);
}

static bool is_wished(const struct wire_uplink *wish, const struct ip_net *net)
{
	for (uint32_t i = 0; i < wish->n_subnets; i++)
		if (wish->subnets[i].bits == net->bits && ip_equal(&wish->subnets[i].ip, &net->ip))
			return true;
	return false;
}

static bool is_led(const struct host_link *l, const struct ip_net *net)
{
	for (size_t i = 0; i < l->n_routes; i++)
		if (l->routes[i].bits == net->bits && ip_equal(&l->routes[i].ip, &net->ip))
			return true;
	return false;
}

/* The asking process might have been taken over: packets for the host's own networks are not led
 * elsewhere. */
static bool may_lead(const struct survey *s, const struct ip_net *net)
{
	if (net->bits < (net->ip.family == AF_INET ? BITS_MIN_4 : BITS_MIN_6))
		return false;
	for (size_t i = 0; i < s->taken.n; i++)
		if (ip_net_overlap(&s->taken.nets[i], net))
			return false;
	return true;
}

static void drop_routes(struct host_link *l, const struct wire_uplink *wish)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n_routes; i++) {
		if (is_wished(wish, &l->routes[i]))
			l->routes[kept++] = l->routes[i];
		else
			change_route(l, &l->routes[i], ip_route_remove);
	}
	l->n_routes = kept;
}

static int add_routes(struct host_link *l, const struct wire_uplink *wish, const struct survey *s,
		      struct err *err)
{
	struct ip_net *routes =
		reallocarray(l->routes, l->n_routes + wish->n_subnets + 1, sizeof(*routes));
	int left_out = 0;

	if (!routes)
		return -ENOMEM;
	l->routes = routes;
	for (uint32_t i = 0; i < wish->n_subnets; i++) {
		char text[IP_TEXT_MAX];
		int r = -EEXIST;

		if (is_led(l, &wish->subnets[i]))
			continue;
		if (may_lead(s, &wish->subnets[i]))
			r = change_route(l, &wish->subnets[i], ip_route_add);
		if (r == 0) {
			l->routes[l->n_routes++] = wish->subnets[i];
			continue;
		}
		ip_net_format(&wish->subnets[i], text);
		err_set(err, r,
			"the host has another way to %s: a network with it does not get out", text);
		left_out++;
	}
	return left_out;
}

int host_link_route(struct host_link *l, const struct wire_uplink *wish, struct err *err)
{
	struct survey s;
	int r;

	drop_routes(l, wish);
	r = survey_host(l, &s);
	if (r == 0)
		r = add_routes(l, wish, &s, err);
	place_taken_reset(&s.taken);
	return r;
}

struct state {
	const struct host_link *link;
	bool there, up;
	size_t n_routes;
};

static int note_link(const struct link *link, void *arg)
{
	struct state *state = arg;

	if (link->index == state->link->index) {
		state->there = true;
		state->up = link->up;
	}
	return 0;
}

static int count_route(const struct ip_route *route, void *arg)
{
	struct state *state = arg;

	state->n_routes += route->index == state->link->index && !ip_is_none(&route->via);
	return 0;
}

/* The kernel takes routes, and addresses of IPv6, from an interface that is set down. */
static int put_back(struct host_link *l)
{
	int r = link_set_up(l->nl, l->index, true);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(l->host); i++) {
		if (ip_is_none(&l->host[i]))
			continue;
		r = address_add(l->nl, l->index, &(struct ip_net){ l->host[i], l->own[i].bits });
		r = r == -EEXIST ? 0 : r;
	}
	for (size_t i = 0; r == 0 && i < l->n_routes; i++) {
		r = change_route(l, &l->routes[i], ip_route_add);
		r = r == -EEXIST ? 0 : r;
	}
	return r;
}

int host_link_mend(struct host_link *l)
{
	struct state state = { .link = l };
	int r = link_each(l->nl, note_link, &state);

	if (r == 0)
		r = ip_route_each(l->nl, RT_TABLE_MAIN, count_route, &state);
	if (r < 0)
		return r;
	if (state.there)
		return state.up && state.n_routes >= l->n_routes ? 0 : put_back(l);
	free(l->routes);
	*l = (struct host_link){ .nl = l->nl };
	return -ENODEV;
}

void host_link_remove(struct host_link *l)
{
	if (l->index)
		link_remove(l->nl, l->index);
	free(l->routes);
	*l = (struct host_link){ .nl = l->nl };
}
