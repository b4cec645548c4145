/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container's plan has the ports that it publishes; they are bound when it
 * is on a network that leads out, and closed when it is not any more.  Sockets are opened without a
 * lock and put into the table under it.
 *
 * Ports that moatd chose are written down, as a moatd that finds a container running has to choose
 * the same ones where moat-net has died, too.
 */
#include "daemon/network/ports.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/json-object.h"
#include "base/log.h"
#include "base/mutex.h"
#include "daemon/network/keeper.h"
#include "daemon/network/port-socket.h"
#include "daemon/network/ports-inner.h"
#include "daemon/state/ports.h"

static void close_list(struct published *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fd_close(&list[i].fd);
	free(list);
}

void ports_free(struct ports *p)
{
	if (!p)
		return;
	close_list(p->list, p->n);
	port_plan_reset(&p->plan);
	free(p);
}

/* Finds the name of another container that has a port; owned; NULL: none has. */
static char *find_holder(struct networks *nets, const struct port_binding *b, uint16_t port)
{
	char *name = NULL;

	mutex_hold(&nets->lock);
	for (struct member *m = nets->members; m && !name; m = m->next)
		for (size_t i = 0; m->ports && i < m->ports->n && !name; i++)
			if (m->ports->list[i].binding.protocol == b->protocol &&
			    m->ports->list[i].host_port == port)
				name = strdup(m->name ? m->name : m->id);
	return name;
}

static int bind_one(struct networks *nets, struct published *p, struct err *err)
{
	const struct port_range *range = &p->binding.host;
	cleanup_free char *holder = NULL;
	struct err why = { 0 };
	int r = port_socket_open(&p->binding, p->host_port, &p->fd, &p->host_port, &why);

	if (r == -EADDRINUSE && range->first != 0 && range->first == range->last)
		holder = find_holder(nets, &p->binding, range->first);
	return r == 0	? 0
	       : holder ? err_set(err, r, "%s (by container %s)", why.msg, holder)
			: err_set(err, r, "%s", why.msg);
}

/* Is a container reached from outside?  Under the lock. */
static bool is_reached(struct networks *nets, const struct member *m)
{
	struct wire wire;

	return member_way_out(nets, m, AF_INET, &wire) || member_way_out(nets, m, AF_INET6, &wire);
}

/* The address that a network's option gives to ports that name none; under the lock. */
static struct ip default_binding(struct networks *nets, const struct member *m)
{
	const struct network *n;
	struct wire wire;

	if (!member_way_out(nets, m, AF_INET, &wire))
		return (struct ip){ 0 };
	n = networks_find(nets, wire.network);
	return n ? n->config.host_binding : (struct ip){ 0 };
}

static void set_address(struct port_binding *b, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	if (!b->host_ip[0] && strlen(text) < sizeof(b->host_ip))
		strcpy(b->host_ip, text);
}

/* Copies the ports that are to be bound; NULL with @ret_n 0 where none is. */
static int copy_wishes(struct networks *nets, const char *id, struct published **ret, size_t *ret_n)
{
	struct published *list = NULL;
	struct ip otherwise;
	const struct member *m;
	size_t n = 0;
	int r = 0;

	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	if (m && m->ports && is_reached(nets, m))
		n = m->ports->plan.n;
	list = n > 0 ? calloc(n, sizeof(*list)) : NULL;
	if (n > 0 && !list)
		r = -ENOMEM;
	if (list)
		otherwise = default_binding(nets, m);
	for (size_t i = 0; list && i < n; i++) {
		list[i] = (struct published){ .binding = m->ports->plan.bindings[i], .fd = -1 };
		set_address(&list[i].binding, &otherwise);
	}
	pthread_mutex_unlock(&nets->lock);
	if (r == 0) {
		*ret = list;
		*ret_n = n;
	}
	return r;
}

/* Puts sockets in the place of the former ones.  Return: were there any? */
static bool put_list(struct networks *nets, const char *id, struct published *list, size_t n)
{
	struct published *old = list;
	size_t n_old = n;
	struct member *m;

	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	if (m && m->ports) {
		old = m->ports->list;
		n_old = m->ports->n;
		m->ports->list = list;
		m->ports->n = n;
	}
	pthread_mutex_unlock(&nets->lock);
	close_list(old, n_old);
	return n_old > 0;
}

static bool is_chosen(const struct port_binding *b)
{
	return b->host.first == 0 || b->host.first != b->host.last;
}

/* "8080 49153": the ports of the host, in the plan's order. */
static int write_down(struct networks *nets, const char *id, const struct published *list, size_t n,
		      struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	bool chosen = false;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		chosen = chosen || is_chosen(&list[i].binding);
		r = buf_addf(&text, "%s%u", i ? " " : "", list[i].host_port);
	}
	if (r < 0)
		return err_nomem(err);
	return chosen ? state_put_ports(nets->state, id, text.data, err) : 0;
}

/* Sockets of a run are closed once moat-net has heard of its end. */
void ports_given_up(struct networks *nets, const char *id)
{
	keeper_await_ports(nets->keeper, id);
}

static bool is_bound(struct networks *nets, const char *id)
{
	const struct member *m;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	return m && m->ports && m->ports->n > 0;
}

int ports_settle(struct networks *nets, const char *id, struct err *err)
{
	struct published *list = NULL;
	size_t n = 0;
	int r = copy_wishes(nets, id, &list, &n);

	if (r < 0)
		return err_nomem(err);
	if (n == 0) {
		if (put_list(nets, id, NULL, 0))
			keeper_post_ports(nets->keeper, id);
		return 0;
	}
	if (is_bound(nets, id)) {
		close_list(list, n);
		return 0;
	}
	ports_given_up(nets, NULL);
	for (size_t i = 0; i < n && r == 0; i++)
		r = bind_one(nets, &list[i], err);
	if (r == 0)
		r = write_down(nets, id, list, n, err);
	if (r < 0) {
		close_list(list, n);
		return r;
	}
	(void)put_list(nets, id, list, n);
	return 0;
}

/* @plan: moved */
static int put_plan(struct networks *nets, const char *id, struct port_plan *plan)
{
	struct ports *p = plan->n > 0 ? calloc(1, sizeof(*p)) : NULL, *old = p;
	struct member *m;

	if (plan->n > 0 && !p)
		return -ENOMEM;
	if (p)
		p->plan = *plan;
	*plan = (struct port_plan){ 0 };
	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	if (m) {
		old = m->ports;
		m->ports = p;
	}
	pthread_mutex_unlock(&nets->lock);
	ports_free(old);
	return 0;
}

int ports_bind(struct networks *nets, const char *id, struct port_plan *plan, struct err *err)
{
	int r;

	if (put_plan(nets, id, plan) < 0)
		return err_nomem(err);
	r = ports_settle(nets, id, err);
	if (r < 0)
		(void)put_plan(nets, id, &(struct port_plan){ 0 });
	return r;
}

/* Asks moat-net for the socket of a port that it has served since before; -1. */
static int ask_for_socket(struct networks *nets, const char *id, size_t i)
{
	cleanup(net_result_reset) struct net_result result = NET_RESULT_INIT;
	struct net_request rq = { .op = NET_PUBLISHED };
	int r;

	port_name(id, i, rq.key);
	if (!keeper_enter_running(nets->keeper))
		return -1;
	r = keeper_ask(nets->keeper, &rq, &result, NULL);
	keeper_leave(nets->keeper);
	return r == 0 ? take_fd(&result.fd) : -1;
}

/* Reads the ports that were written down; missing ones are left as they are. */
static void read_back(struct networks *nets, const char *id, struct published *list, size_t n)
{
	cleanup_free char *text = NULL;
	char *rest, *word;
	size_t i = 0;

	if (state_get_ports(nets->state, id, &text, NULL) < 0 || !text)
		return;
	rest = text;
	while (i < n && (word = strsep(&rest, " "))) {
		uint32_t port;

		if (str_to_u32(word, &port) == 0 && port <= UINT16_MAX &&
		    is_chosen(&list[i].binding))
			list[i].host_port = (uint16_t)port;
		i++;
	}
}

static void find_one(struct networks *nets, const char *id, struct published *p, size_t i)
{
	struct err err = { 0 };

	p->fd = ask_for_socket(nets, id, i);
	if (p->fd >= 0)
		p->host_port = port_socket_number(p->fd);
	else if (bind_one(nets, p, &err) < 0)
		log_error("container %.12s runs without a port: %s", id, err.msg);
}

int ports_found(struct networks *nets, const char *id, struct port_plan *plan)
{
	struct published *list = NULL;
	size_t n = 0;
	int r = put_plan(nets, id, plan);

	if (r == 0)
		r = copy_wishes(nets, id, &list, &n);
	if (r < 0)
		return r;
	read_back(nets, id, list, n);
	for (size_t i = 0; i < n; i++)
		find_one(nets, id, &list[i], i);
	(void)put_list(nets, id, list, n);
	return 0;
}

static json_t *describe_at(const struct published *p, const char *ip)
{
	return JSON_OBJECT(member_text("IP", ip), member_int("PrivatePort", p->binding.port),
			   member_int("PublicPort", p->host_port),
			   member_text("Type", port_protocol_name(p->binding.protocol)));
}

/* A port without an address is shown once for each family, as in docker. */
static int describe_port(const struct published *p, json_t *list)
{
	const char *ip = p->binding.host_ip;

	if (p->fd < 0)
		return 0;
	if (json_array_append_new(list, describe_at(p, *ip ? ip : "0.0.0.0")) < 0)
		return -ENOMEM;
	if (!*ip && port_socket_is_dual(p->fd) &&
	    json_array_append_new(list, describe_at(p, "::")) < 0)
		return -ENOMEM;
	return 0;
}

json_t *ports_describe(struct networks *nets, const char *id)
{
	cleanup_json json_t *list = json_array();
	const struct member *m;
	int r = list ? 0 : -ENOMEM;

	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	for (size_t i = 0; m && m->ports && m->active && i < m->ports->n && r == 0; i++)
		r = describe_port(&m->ports->list[i], list);
	pthread_mutex_unlock(&nets->lock);
	return r == 0 ? take_ptr(list) : NULL;
}
