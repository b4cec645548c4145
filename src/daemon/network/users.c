/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the holders of addresses that a network must not have: other networks, and the host's
 * routes. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/network/host-routes.h"
#include "daemon/network/inner.h"
#include "net/netlink/link.h"

void users_reset(struct users *u)
{
	for (size_t i = 0; i < u->n; i++)
		free((char *)(uintptr_t)u->list[i].who);
	free(u->list);
	*u = (struct users){ 0 };
}

/* @who: taken over, NULL is out of memory.  Return: 0; -ENOMEM. */
static int users_add(struct users *u, const struct ip_net *net, char *who)
{
	struct ip_user *grown = who ? reallocarray(u->list, u->n + 1, sizeof(*grown)) : NULL;

	if (!grown) {
		free(who);
		return -ENOMEM;
	}
	u->list = grown;
	u->list[u->n++] = (struct ip_user){ *net, who };
	return 0;
}

static int add_route(const struct ip_net *net, const char *interface, void *arg)
{
	return users_add(arg, net,
			 *interface ? str_printf("this host's route by %s", interface)
				    : strdup("a route of this host"));
}

int users_find(struct networks *nets, const struct network *but, struct users *ret, struct err *err)
{
	cleanup(users_reset) struct users u = { 0 };
	cleanup_free char *folder = str_printf("%s/net", nets->root);
	char own[LINK_ALIAS_MAX];
	int r = 0;

	for (const struct network *n = nets->first; n && r == 0; n = n->next) {
		for (size_t i = 0; i < FAMILIES && r == 0; i++) {
			const struct ip_net *net = &n->config.subnets[i].net;

			if (n != but && !ip_is_none(&net->ip))
				r = users_add(
					&u, net,
					str_printf("network %s", network_said_name(n->rec.name)));
		}
	}
	if (r < 0 || !folder)
		return err_nomem(err);
	/* The way to these networks is no holder; that to another data root's is. */
	link_own_alias(folder, own);
	r = host_routes_each(own, add_route, &u, err);
	if (r < 0)
		return r;
	*ret = take_struct(u);
	return 0;
}

/* Does the network lack a subnet, or has the host a route to a chosen one? */
static bool is_unsettled(const struct network *n, const struct users *users)
{
	if (ip_is_none(&n->config.subnets[FAMILY_4].net.ip))
		return true;
	for (size_t i = 0; i < FAMILIES; i++)
		if (n->config.picked[i] &&
		    ipam_overlap(&n->config.subnets[i].net, users->list, users->n))
			return true;
	return false;
}

static void warn_of_overlap(const struct network *n, const struct users *users)
{
	for (size_t i = 0; i < FAMILIES; i++) {
		const struct ip_net *net = &n->config.subnets[i].net;
		const struct ip_user *user = ipam_overlap(net, users->list, users->n);

		if (user && !ip_is_none(&net->ip))
			log_warning("the subnet of network %s overlaps with %s", n->rec.name,
				    user->who);
	}
}

/* Gives the network other subnets; its endpoints lose their addresses, as in the database. */
static void set_subnets(struct networks *nets, struct network *n, const struct network_config *next,
			char *text)
{
	mutex_hold(&nets->lock);
	memcpy(n->config.subnets, next->subnets, sizeof(n->config.subnets));
	memcpy(n->config.picked, next->picked, sizeof(n->config.picked));
	free(n->rec.config);
	n->rec.config = text;
	for (struct member *m = nets->members; m; m = m->next) {
		struct endpoint *e = member_endpoint(m, n->rec.name);

		if (e)
			e->rec.lease = (struct lease_record){ 0 };
	}
}

static int pick_again(struct networks *nets, struct network *n, const struct users *users,
		      struct err *err)
{
	struct network_config next = n->config; /* what it owns stays where it is */
	struct network_record rec = n->rec;
	int r = network_config_fill(&next, users->list, users->n, nets->seed, err);

	if (r < 0)
		return r;
	rec.config = network_config_write(&next);
	r = rec.config ? state_change_network(nets->state, &rec, err) : err_nomem(err);
	if (r < 0) {
		free(rec.config);
		return r;
	}
	set_subnets(nets, n, &next, rec.config);
	return 0;
}

int network_settle(struct networks *nets, struct network *n, struct err *err)
{
	cleanup(users_reset) struct users users = { 0 };
	unsigned active;
	int r = 0;

	pthread_mutex_lock(&nets->lock);
	(void)network_count_users(nets, n->rec.name, &active, NULL);
	pthread_mutex_unlock(&nets->lock);
	if (active > 0)
		return 0;
	r = users_find(nets, n, &users, err);
	if (r < 0)
		return r;
	if (!is_unsettled(n, &users)) {
		warn_of_overlap(n, &users);
		return 0;
	}
	return pick_again(nets, n, &users, err);
}
