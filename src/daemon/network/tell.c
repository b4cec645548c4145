/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A request is made under the table's lock and sent without it; the keeper is
 * entered meanwhile, so nobody else tells moat-net anything in between.  For each tap it is noted
 * which slots moat-net was told of: those that are not wanted any more are taken back.
 *
 * Where moat-net ends in the middle, the keeper starts another one and has it told everything; then
 * it is asked once more.
 */
#include "daemon/network/tell.h"

#include <errno.h>

#include "base/log.h"
#include "base/mac.h"
#include "base/mutex.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper.h"
#include "daemon/network/ports-inner.h"

/* Copies the first digits, by which moat-net knows a network. */
static void short_id(const char *id, char ret[NET_ID_LEN + 1])
{
	memcpy(ret, id, NET_ID_LEN);
	ret[NET_ID_LEN] = '\0';
}

/* @ret borrows from the network, except @ret->allow.  Under the lock. */
static int describe_network(const struct network *n, struct net_network *ret)
{
	const struct network_config *c = &n->config;
	struct net_network net = { .mtu = c->mtu, .internal = c->internal, .limited = c->limited };

	short_id(n->rec.id, net.id);
	for (size_t i = 0; i < FAMILIES; i++) {
		const struct subnet *s = &c->subnets[i];

		if (!ip_is_none(&s->net.ip))
			net.subnets[net.n_subnets++] = (struct net_subnet){ s->net, s->gateway };
	}
	if (strv_copy(c->allow, &net.allow) < 0)
		return -ENOMEM;
	*ret = net;
	return 0;
}

static int add_name(char ***names, const char *name)
{
	if (!name || !net_name_ok(name) || strv_has(*names, name) ||
	    strv_len(*names) >= NET_NAMES_MAX)
		return 0;
	return strv_add(names, name);
}

/* Adds "HEAD.TAIL", where both have text. */
static int add_joined(char ***names, const char *head, const char *tail)
{
	cleanup_free char *text = head && *head && *tail ? str_printf("%s.%s", head, tail) : NULL;

	return text ? add_name(names, text) : 0;
}

int tell_names(const struct endpoint *e, char ***ret)
{
	const struct member *m = e->member;
	char id[NET_ID_LEN + 1];
	int r = add_name(ret, m->name);

	short_id(m->id, id);
	if (r == 0)
		r = add_joined(ret, m->name, e->rec.network);
	if (r == 0 && streq(e->rec.network, NETWORK_DEFAULT))
		r = add_joined(ret, m->name, NETWORK_BRIDGE);
	for (char **alias = e->config.aliases; r == 0 && alias && *alias; alias++)
		r = add_name(ret, *alias);
	if (r == 0)
		r = add_name(ret, id);
	if (r == 0)
		r = add_name(ret, m->hostname);
	return r == 0 ? add_joined(ret, m->hostname, m->domainname ? m->domainname : "") : r;
}

/* Under the lock.  @ret: net_port_reset() */
static int describe_port(const struct network *n, const struct endpoint *e, struct net_port *ret)
{
	const struct lease_record *lease = &e->rec.lease;
	struct net_port port = { .slot = (uint8_t)e->rec.slot };

	memcpy(port.tap, e->member->tap, sizeof(port.tap));
	short_id(n->rec.id, port.network);
	if (mac_parse(lease->mac, port.mac) < 0)
		return -EINVAL;
	if (!ip_is_none(&lease->ip4))
		port.addresses[port.n_addresses++] = lease->ip4;
	if (!ip_is_none(&lease->ip6))
		port.addresses[port.n_addresses++] = lease->ip6;
	memcpy(port.servers, e->member->servers, sizeof(port.servers));
	port.n_servers = e->member->n_servers;
	if (tell_names(e, &port.names) < 0) {
		strv_free(port.names);
		return -ENOMEM;
	}
	*ret = port;
	return 0;
}

static struct endpoint *endpoint_of_slot(struct member *m, unsigned slot)
{
	struct endpoint *e = m->endpoints;

	while (e && e->rec.slot != slot)
		e = e->next;
	return e;
}

/* Describes one slot.  Return: 1; 0 where there is nothing to tell; -errno. */
static int describe_slot(struct networks *nets, const char *id, unsigned slot,
			 struct net_request *ret)
{
	struct member *m;
	struct endpoint *e = NULL;
	struct network *n = NULL;
	int r = 0;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	if (m && m->active && *m->tap) {
		e = endpoint_of_slot(m, slot);
		n = e ? networks_find(nets, e->rec.network) : NULL;
	}
	/* An endpoint that is still being made has no address yet. */
	if (n && *e->rec.lease.mac) {
		*ret = (struct net_request){ .op = NET_PORT };
		r = describe_port(n, e, &ret->port);
		r = r < 0 ? r : 1;
	} else if (m && m->told & (1u << slot)) {
		*ret = (struct net_request){ .op = NET_PORT_REMOVE, .slot = (uint8_t)slot };
		memcpy(ret->tap, m->tap, sizeof(ret->tap));
		r = 1;
	}
	return r;
}

/* The machine has another tap when its container was started again meanwhile. */
static void note_told(struct networks *nets, const char *id, const struct net_request *rq,
		      unsigned slot)
{
	bool there = rq->op == NET_PORT;
	const char *tap = there ? rq->port.tap : rq->tap;
	struct member *m;
	bool late;

	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	late = there && (!m || !m->active || !streq(m->tap, tap));
	if (m && !late && there)
		m->told |= 1u << slot;
	else if (m && !there)
		m->told &= ~(1u << slot);
	pthread_mutex_unlock(&nets->lock);
	if (late)
		keeper_post(nets->keeper, tap, 1u << slot, false);
}

static int ask_for_network(struct networks *nets, const char *name, struct ip *ret_host,
			   struct err *err)
{
	cleanup(net_result_reset) struct net_result result = NET_RESULT_INIT;
	struct net_request rq = { .op = NET_NETWORK };
	const struct network *n;
	int r = -ENOENT;

	pthread_mutex_lock(&nets->lock);
	n = networks_find(nets, name);
	if (n)
		r = describe_network(n, &rq.network);
	pthread_mutex_unlock(&nets->lock);
	if (r == -ENOENT)
		return network_not_found(name, false, err);
	if (r < 0)
		return err_nomem(err);
	r = keeper_ask(nets->keeper, &rq, &result, err);
	net_network_reset(&rq.network);
	if (r < 0)
		return err_wrap(err, "network %s", network_said_name(name));
	if (ret_host)
		*ret_host = result.answer.n_hosts > 0 ? result.answer.hosts[0] : (struct ip){ 0 };
	return 0;
}

/* moat-net removes a network on which nothing was for a while, as when its first container takes
 * long to start: it is made again. */
static int renew_network(struct networks *nets, const char *id, struct err *err)
{
	cleanup_free char *name = NULL;
	const struct network *n;

	pthread_mutex_lock(&nets->lock);
	for (n = nets->first; n && !str_starts(n->rec.id, id); n = n->next)
		;
	name = n ? strdup(n->rec.name) : NULL;
	pthread_mutex_unlock(&nets->lock);
	return name ? ask_for_network(nets, name, NULL, err) : network_not_found(id, false, err);
}

static int tell_slot(struct networks *nets, const char *id, unsigned slot, struct err *err)
{
	struct net_request rq = { 0 };
	int r = describe_slot(nets, id, slot, &rq);

	if (r == 0)
		return 0;
	if (r < 0)
		return r == -ENOMEM ? err_nomem(err) : err_set(err, r, "slot %u of a tap", slot);
	r = keeper_ask(nets->keeper, &rq, NULL, err);
	if (r == -ENOENT && rq.op == NET_PORT) {
		r = renew_network(nets, rq.port.network, err);
		if (r == 0)
			r = keeper_ask(nets->keeper, &rq, NULL, err);
	}
	if (r == 0)
		note_told(nets, id, &rq, slot);
	net_port_reset(&rq.port);
	return r;
}

static int tell_slots(struct networks *nets, const char *id, struct err *err)
{
	int r = 0;

	for (unsigned slot = 0; slot < NET_SLOTS && r == 0; slot++)
		r = tell_slot(nets, id, slot, err);
	return r;
}

int tell_member(struct networks *nets, const char *id, struct err *err)
{
	int r = -ECONNREFUSED;

	for (int i = 0; i < KEEPER_ATTEMPTS && r == -ECONNREFUSED; i++) {
		r = keeper_enter(nets->keeper, err);
		if (r < 0)
			return r;
		r = tell_slots(nets, id, err);
		if (r == 0)
			r = tell_ports(nets, id, err);
		keeper_leave(nets->keeper);
	}
	return r;
}

int tell_network(struct networks *nets, const char *name, struct ip *ret_host, struct err *err)
{
	int r = -ECONNREFUSED;

	for (int i = 0; i < KEEPER_ATTEMPTS && r == -ECONNREFUSED; i++) {
		r = keeper_enter(nets->keeper, err);
		if (r < 0)
			return r;
		r = ask_for_network(nets, name, ret_host, err);
		keeper_leave(nets->keeper);
	}
	return r;
}

void tell_network_gone(struct networks *nets, const char *id)
{
	struct net_request rq = { .op = NET_NETWORK_REMOVE };
	struct err err = { 0 };

	short_id(id, rq.id);
	if (!keeper_enter_running(nets->keeper))
		return;
	if (keeper_ask(nets->keeper, &rq, NULL, &err) < 0)
		log_warning("network %s is not removed from moat-net: %s", rq.id, err.msg);
	keeper_leave(nets->keeper);
}

/* Lists names of networks on which something runs, and ids of members that do; under the lock. */
static int list_active(struct networks *nets, char ***ret_networks, char ***ret_members)
{
	int r = 0;

	for (struct member *m = nets->members; m && r == 0; m = m->next) {
		if (!m->active)
			continue;
		/* This moat-net was told nothing yet. */
		m->told = 0;
		if (*m->tap)
			r = strv_add(ret_members, m->id);
		for (struct endpoint *e = m->endpoints; e && r == 0; e = e->next)
			if (!strv_has(*ret_networks, e->rec.network) &&
			    networks_find(nets, e->rec.network))
				r = strv_add(ret_networks, e->rec.network);
	}
	return r;
}

int tell_all(struct networks *nets)
{
	cleanup_strv char **networks = NULL, **members = NULL;
	struct err err = { 0 };
	int r;

	pthread_mutex_lock(&nets->lock);
	r = list_active(nets, &networks, &members);
	pthread_mutex_unlock(&nets->lock);
	if (r < 0)
		log_error("moat-net is not told of all networks: %s", strerror(-r));
	for (char **n = networks; n && *n && r != -ECONNREFUSED; n++) {
		r = ask_for_network(nets, *n, NULL, &err);
		if (r < 0)
			log_error("moat-net: %s", err.msg);
	}
	for (char **m = members; m && *m && r != -ECONNREFUSED; m++) {
		r = tell_slots(nets, *m, &err);
		if (r == 0)
			r = tell_ports(nets, *m, &err);
		if (r < 0)
			log_error("container %.12s is off its networks: %s", *m, err.msg);
	}
	return r == -ECONNREFUSED ? r : 0;
}
