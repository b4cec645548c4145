/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A wish is sent whenever the networks are others, and answered when it is
 * fulfilled, or cannot be; requests that need to know wait for the answer to the last one.
 */
#include "net/inside/outward.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "net/common/sysctl.h"
#include "net/inside/resolver-forward.h"
#include "net/inside/resolvers.h"
#include "net/inside/rules.h"
#include "net/inside/server.h"
#include "net/netlink/route.h"

#define ASK_TIMEOUT_MSEC 1000

struct waiter {
	STAILQ_ENTRY(waiter) link;
	uint32_t serial;
	keeper_then_fn then;
	void *arg;
};

STAILQ_HEAD(waiters, waiter);

struct outward {
	struct keeper *keeper;
	int wire, ask;
	uint32_t question; /* number of the last question asked */
	struct source *source;
	struct wire_message wish; /* the last wish that was sent */
	bool wished;		  /* was a wish sent? */
	uint32_t answered;	  /* serial of the last wish that was answered */
	struct waiters waiters;
	struct wire_resolver servers[WIRE_RESOLVERS_MAX];
	uint32_t n_servers;
	char firewall[WIRE_TEXT_MAX];
	char told[WIRE_TEXT_MAX]; /* the last problem that was told of */
};

const char *outward_problem(const struct outward *o)
{
	const char *text = o->keeper->model.uplink.text;

	return *text ? text : o->firewall;
}

static void tell_problem(struct outward *o)
{
	struct net_event e = { .type = NET_EVENT_HOST };
	const char *text = outward_problem(o);

	if (streq(o->told, text))
		return;
	snprintf(o->told, sizeof(o->told), "%s", text);
	snprintf(e.text, sizeof(e.text), "%.250s", text);
	server_tell(o->keeper->server, &e);
}

static void send_wish(struct outward *o)
{
	int r;

	o->wish.uplink.serial++;
	r = wire_send(o->wire, &o->wish, -1);
	if (r < 0)
		log_warning("the outside was not told: %s", strerror(-r));
}

static void add_subnets(struct wire_uplink *wish, const struct network *n)
{
	for (size_t i = 0; i < n->spec.n_subnets && wish->n_subnets < WIRE_SUBNETS_MAX; i++)
		wish->subnets[wish->n_subnets++] = n->spec.subnets[i].net;
}

static bool same_wish(const struct wire_uplink *a, const struct wire_uplink *b)
{
	return a->wanted == b->wanted && a->shortcuts == b->shortcuts &&
	       a->n_subnets == b->n_subnets &&
	       memcmp(a->subnets, b->subnets, a->n_subnets * sizeof(a->subnets[0])) == 0;
}

void outward_update(struct outward *o)
{
	static struct wire_uplink wish;
	const struct network *n;

	memset(&wish, 0, sizeof(wish));
	wish.shortcuts = o->keeper->wants_shortcuts;
	LIST_FOREACH (n, &o->keeper->model.networks, link) {
		wish.wanted = true;
		add_subnets(&wish, n);
	}
	/* Before moatd has told of everything, the way outside is left as it is, for what runs. */
	if (!o->keeper->settled || (o->wished && same_wish(&wish, &o->wish.uplink)))
		return;
	o->wished = true;
	wish.serial = o->wish.uplink.serial;
	o->wish.uplink = wish;
	send_wish(o);
}

/* Calls those that wait for a wish that was answered, each once. */
static void call_waiters(struct outward *o)
{
	struct waiter *w;

	while ((w = STAILQ_FIRST(&o->waiters)) && w->serial <= o->answered) {
		STAILQ_REMOVE_HEAD(&o->waiters, link);
		w->then(o->keeper, w->arg, 0, NULL);
		free(w);
	}
}

void outward_wait(struct outward *o, keeper_then_fn then, void *arg)
{
	struct waiter *w = o->answered < o->wish.uplink.serial ? malloc(sizeof(*w)) : NULL;

	if (!w) {
		then(o->keeper, arg, 0, NULL);
		return;
	}
	*w = (struct waiter){ .serial = o->wish.uplink.serial, .then = then, .arg = arg };
	STAILQ_INSERT_TAIL(&o->waiters, w, link);
}

static int add_default_route(struct netlink *nl, int index, const struct ip *via)
{
	const struct ip_route route = { .to.ip.family = via->family, .via = *via, .index = index };
	int r = ip_route_add(nl, &route);

	return r == -EEXIST ? 0 : r;
}

/* Sets up this side's end of the way. */
static int set_up_end(struct netlink *nl, const struct wire_place *place)
{
	int index = link_index(UPLINK_DEVICE);
	int r = index < 0 ? index : 0;

	if (r == 0 && !ip_is_none(&place->own[1].ip))
		sysctl_set("ipv6/conf/" UPLINK_DEVICE "/disable_ipv6", 0);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(place->own); i++)
		if (!ip_is_none(&place->own[i].ip))
			r = address_add(nl, index, &place->own[i]);
	if (r == 0 && place->mtu)
		r = link_set_mtu(nl, index, place->mtu);
	if (r == 0)
		r = link_set_up(nl, index, true);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(place->host); i++)
		if (!ip_is_none(&place->host[i]))
			r = add_default_route(nl, index, &place->host[i]);
	return r;
}

static bool same_hosts(const struct wire_place *a, const struct wire_place *b)
{
	return a->up == b->up && ip_equal(&a->host[0], &b->host[0]) &&
	       ip_equal(&a->host[1], &b->host[1]);
}

/* Compares the parts that are written into the rules themselves, and not into their sets. */
static bool same_ways(const struct wire_place *a, const struct wire_place *b)
{
	return a->masquerade == b->masquerade && ip_equal(&a->behind[0], &b->behind[0]) &&
	       ip_equal(&a->behind[1], &b->behind[1]);
}

static void rules_follow(struct keeper *k, void *arg, int r, const struct err *err)
{
	(void)k;
	(void)r;
	(void)err;
	call_waiters(arg);
}

static void place_changed(struct outward *o, const struct wire_place *place)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct wire_place *now = &o->keeper->model.uplink;
	const struct wire_place before = *now;
	int r = place->up ? set_up_end(o->keeper->nl, place) : 0;

	*now = *place;
	if (r < 0) {
		snprintf(now->text, sizeof(now->text), "the way outside: %s", strerror(-r));
		now->up = false;
	}
	if (*now->text && !streq(now->text, before.text))
		log_warning("%s", now->text);
	tell_problem(o);
	o->answered = place->serial;
	if (same_hosts(now, &before) && same_ways(now, &before)) {
		call_waiters(o);
		return;
	}
	resolvers_update(o->keeper->resolvers, &text);
	if (!same_ways(now, &before))
		keeper_renew_rules(o->keeper, rules_follow, o);
	else if (rules_set_hosts(&text, now) == 0)
		keeper_change(o->keeper, &text, rules_follow, o);
}

/* Waits for the answer to the last question; those to earlier ones came too late. */
static int receive_answer(struct outward *o, struct wire_message *ret, int *ret_fd)
{
	int r;

	do {
		fd_close(ret_fd);
		r = fd_wait(o->ask, POLLIN, ASK_TIMEOUT_MSEC);
		if (r <= 0)
			return r < 0 ? r : -ETIMEDOUT;
		r = wire_receive(o->ask, ret, ret_fd);
		if (r <= 0)
			return r < 0 ? r : -ECONNRESET;
	} while (ret->kind != WIRE_ANSWER || ret->question != o->question);
	return ret->result;
}

int outward_ask(struct outward *o, struct wire_message *m, int fd, int *ret_fd)
{
	cleanup_close int along = -1;
	int r;

	m->question = ++o->question;
	r = wire_send(o->ask, m, fd);
	if (r == 0)
		r = receive_answer(o, m, &along);
	if (r == 0 && ret_fd)
		*ret_fd = take_fd(&along);
	return r;
}

static void resolvers_changed(struct outward *o, const struct wire_message *m)
{
	memcpy(o->servers, m->resolvers.list, sizeof(o->servers));
	o->n_servers = m->resolvers.n;
	for (uint32_t i = 0; i < o->n_servers; i++) {
		int r = resolver_forward(o->keeper, i);

		if (r < 0)
			log_warning("resolver %u of the host: %s", i, strerror(-r));
	}
	resolvers_set_servers(o->keeper->resolvers, o->n_servers);
}

static void firewall_changed(struct outward *o, const char *text)
{
	snprintf(o->firewall, sizeof(o->firewall), "%s", text);
	tell_problem(o);
}

static int wire_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	static struct wire_message m;
	struct outward *o = arg;
	int along = -1, r = wire_receive(fd, &m, &along);

	(void)events;
	fd_close(&along);
	if (r == 0 || r == -ECONNRESET) {
		log_warning("the outside has ended");
		source_free(s);
		o->source = NULL;
		loop_quit(o->keeper->loop, 1);
	} else if (r > 0 && m.kind == WIRE_PLACE) {
		place_changed(o, &m.place);
	} else if (r > 0 && m.kind == WIRE_RESOLVERS) {
		resolvers_changed(o, &m);
	} else if (r > 0 && m.kind == WIRE_FIREWALL) {
		firewall_changed(o, m.text);
	}
	return 0;
}

static int find_uplink(const struct link *link, void *arg)
{
	int *peer = arg;

	if (streq(link->name, UPLINK_DEVICE))
		*peer = link->peer;
	return 0;
}

static int begin_outward(struct outward *o)
{
	struct wire_message m = { .kind = WIRE_BEGIN };
	cleanup_close int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int r = ns < 0 ? -errno : link_each(o->keeper->nl, find_uplink, &m.peer);

	if (r == 0 && m.peer)
		o->wish.uplink.serial = WIRE_TAKEN_OVER;
	return r == 0 ? wire_send(o->wire, &m, ns) : r;
}

int outward_new(struct keeper *k, int wire, int ask, struct outward **ret, struct err *err)
{
	struct outward *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return err_nomem(err);
	*o = (struct outward){ .keeper = k, .wire = -1, .ask = -1 };
	o->wish.kind = WIRE_UPLINK;
	STAILQ_INIT(&o->waiters);
	r = loop_add_io(k->loop, wire, EPOLLIN, wire_readable, o, &o->source);
	if (r < 0) {
		outward_free(o);
		return err_errno(err, r, "loop");
	}
	o->wire = wire;
	o->ask = ask;
	*ret = o;
	r = begin_outward(o);
	return r < 0 ? err_errno(err, r, "the outside") : 0;
}

void outward_free(struct outward *o)
{
	struct waiter *w;

	if (!o)
		return;
	while ((w = STAILQ_FIRST(&o->waiters))) {
		STAILQ_REMOVE_HEAD(&o->waiters, link);
		free(w);
	}
	source_free(o->source);
	fd_close(&o->wire);
	fd_close(&o->ask);
	free(o);
}

void outward_bye(struct outward *o)
{
	wire_send(o->wire, &(struct wire_message){ .kind = WIRE_BYE }, -1);
}

const char *outward_firewall(const struct outward *o)
{
	return o->firewall;
}

uint32_t outward_servers(const struct outward *o, const struct wire_resolver **ret)
{
	*ret = o->servers;
	return o->n_servers;
}
