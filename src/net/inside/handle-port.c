/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A port is put on the network's bridge first, where the rules let nothing of
 * it through yet, and then into the rules.  It is taken out of the rules first, and then off the
 * bridge.  The model changes at once, so a port that is told of again while it is being taken off
 * stays where it is.
 */
#include "net/inside/handle-port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/inside/resolvers.h"
#include "net/inside/rules.h"
#include "net/inside/taps.h"

void port_free(struct port *p)
{
	LIST_REMOVE(p, link);
	net_port_reset(&p->spec);
	free(p);
}

static bool same_port(const struct net_port *a, const struct net_port *b)
{
	if (!streq(a->network, b->network) || memcmp(a->mac, b->mac, sizeof(a->mac)) != 0 ||
	    a->n_addresses != b->n_addresses)
		return false;
	for (size_t i = 0; i < a->n_addresses; i++)
		if (!ip_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	return true;
}

static int check_address(const struct network *n, const struct ip *ip, struct err *err)
{
	const struct net_subnet *s = model_subnet(n, ip);
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	if (!s)
		return err_set(err, -EINVAL, "%s is in no subnet of network %s", text, n->spec.id);
	if (ip_equal(&s->gateway, ip))
		return err_set(err, -EADDRINUSE, "%s is the gateway of network %s", text,
			       n->spec.id);
	return 0;
}

static bool share_address(const struct net_port *a, const struct net_port *b)
{
	for (size_t i = 0; i < a->n_addresses; i++)
		for (size_t j = 0; j < b->n_addresses; j++)
			if (ip_equal(&a->addresses[i], &b->addresses[j]))
				return true;
	return false;
}

/* No two ports of a network may have the same address or MAC, and no two of a tap the same MAC. */
static int check_apart(const struct model *m, const struct net_port *spec, struct err *err)
{
	const struct port *p;

	LIST_FOREACH (p, &m->ports, link) {
		bool same_tap = streq(p->spec.tap, spec->tap);
		bool same_net = streq(p->spec.network, spec->network);

		if (same_tap && p->spec.slot == spec->slot)
			continue;
		if ((same_tap || same_net) && memcmp(p->spec.mac, spec->mac, 6) == 0)
			return err_set(err, -EADDRINUSE,
				       "the MAC of %s, slot %d, is that of %s, slot %d", spec->tap,
				       spec->slot, p->spec.tap, p->spec.slot);
		if (same_net && share_address(&p->spec, spec))
			return err_set(err, -EADDRINUSE,
				       "an address of %s, slot %d, is that of %s, slot %d",
				       spec->tap, spec->slot, p->spec.tap, p->spec.slot);
	}
	return 0;
}

static int check_port(const struct model *m, const struct net_port *spec,
		      struct network **ret_network, struct err *err)
{
	struct network *n = model_network(m, spec->network);
	int r = 0;

	if (!n)
		return err_set(err, -ENOENT, "moat-net was not told of network %s", spec->network);
	for (size_t i = 0; r == 0 && i < spec->n_addresses; i++)
		r = check_address(n, &spec->addresses[i], err);
	if (r == 0)
		r = check_apart(m, spec, err);
	if (r == 0)
		*ret_network = n;
	return r;
}

static int find_tap(struct model *m, const char *name, struct tap **ret, struct err *err)
{
	*ret = model_tap(m, name);
	if (!*ret)
		return tap_adopt(m, name, ret, err);
	return (*ret)->pooled || (*ret)->returned
		       ? err_set(err, -ENODEV, "tap %s is nobody's", name)
		       : 0;
}

static void port_answered(struct keeper *k, void *arg, int r, const struct err *err)
{
	struct net_answer answer = { 0 };

	(void)r;
	(void)err;
	keeper_hosts(k, &answer);
	call_answer(arg, &answer, -1);
}

/* The first thing a container does may be to ask for a name, so the resolvers are waited for. */
static void port_made(struct keeper *k, void *arg, int r, const struct err *err)
{
	struct call *call = arg;

	if (r < 0)
		call_refuse(call, err);
	else
		resolvers_wait(k->resolvers, port_answered, call);
}

static void name_devices(struct port *p)
{
	if (p->spec.slot == 0) {
		snprintf(p->device, sizeof(p->device), "%s", p->tap->name);
		return;
	}
	snprintf(p->device, sizeof(p->device), "%.12ss%d", p->tap->name, p->spec.slot);
	snprintf(p->inner, sizeof(p->inner), "%.12sx%d", p->tap->name, p->spec.slot);
}

static int add_port(struct keeper *k, struct net_port *spec, struct network *n, struct buf *text,
		    struct err *err)
{
	struct port *p = calloc(1, sizeof(*p));
	int r = p ? find_tap(&k->model, spec->tap, &p->tap, err) : err_nomem(err);

	if (r < 0) {
		free(p);
		return r;
	}
	p->network = n;
	p->spec = *spec;
	*spec = (struct net_port){ 0 };
	name_devices(p);
	LIST_INSERT_HEAD(&k->model.ports, p, link);
	r = links_add_port(k->nl, &k->model, p, err);
	if (r == 0 && rules_add_port(text, p) < 0)
		r = err_nomem(err);
	if (r < 0)
		port_free(p);
	return r;
}

/* Changes a port's names, or the servers it asks. */
static void rename_port(struct keeper *k, struct port *p, struct call *call)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	const struct net_port before = p->spec;

	p->spec = call->rq.port;
	call->rq.port = before;
	resolvers_update(k->resolvers, &text);
	if (text.len > 0)
		keeper_change(k, &text, port_made, call);
	else
		port_made(k, call, 0, NULL);
}

void handle_port(struct keeper *k, struct call *call)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct net_port *spec = &call->rq.port;
	struct port *old = model_port(&k->model, spec->tap, spec->slot);
	struct network *n = NULL;
	struct err err = { 0 };
	int r = check_port(&k->model, spec, &n, &err);

	if (r == 0 && old && same_port(&old->spec, spec)) {
		rename_port(k, old, call);
		return;
	}
	if (r == 0 && old && rules_remove_port(&text, old) < 0)
		r = err_nomem(&err);
	if (r == 0 && old)
		port_free(old);
	if (r == 0)
		r = add_port(k, spec, n, &text, &err);
	if (r < 0) {
		call_refuse(call, &err);
		return;
	}
	resolvers_update(k->resolvers, &text);
	keeper_change(k, &text, port_made, call);
}

/* Ports that are being taken off their networks. */
struct removal {
	struct call *call;	/* NULL: the caller has its answer */
	struct port_list ports; /* no longer in the model */
	char tap[NET_TAP_MAX + 1];
};

/* Gives a tap back only now: nobody may get one that the rules still know. */
static void finish_tap(struct keeper *k, struct tap *tap)
{
	if (tap->leaving > 0 || model_tap_used(&k->model, tap))
		return;
	link_set_up(k->nl, tap->index, false);
	if (tap->returned)
		tap_put(&k->model, k->nl, tap);
}

static void ports_removed(struct keeper *k, void *arg, int r, const struct err *err)
{
	struct removal *removal = arg;
	struct tap *tap = model_tap(&k->model, removal->tap);
	struct port *p;

	while ((p = LIST_FIRST(&removal->ports))) {
		if (!model_port(&k->model, p->spec.tap, p->spec.slot))
			links_remove_port(k->nl, p);
		port_free(p);
	}
	if (tap) {
		tap->leaving--;
		finish_tap(k, tap);
	}
	if (LIST_EMPTY(&k->model.ports))
		keeper_used(k);
	if (removal->call)
		call_end(removal->call, r, err);
	free(removal);
}

/* Takes ports out of the model, and writes into @text what takes them out of the rules.  @slot: -1:
 * all ports of the tap */
static int collect_ports(struct keeper *k, struct removal *removal, int slot, struct buf *text)
{
	struct port *p, *next;
	int r = buf_adds(text, "");

	for (p = LIST_FIRST(&k->model.ports); p; p = next) {
		next = LIST_NEXT(p, link);
		if (!streq(p->spec.tap, removal->tap) || (slot >= 0 && p->spec.slot != slot))
			continue;
		LIST_REMOVE(p, link);
		LIST_INSERT_HEAD(&removal->ports, p, link);
		r = r == 0 ? rules_remove_port(text, p) : r;
	}
	return r;
}

/* @r: of writing @text; where there was no memory for it, all rules are written anew */
static void take_off(struct keeper *k, struct removal *removal, int r, struct buf *text)
{
	struct call *early = removal->call->rq.soon ? take_ptr(removal->call) : NULL;

	if (LIST_EMPTY(&removal->ports)) {
		ports_removed(k, removal, 0, NULL);
	} else {
		resolvers_update(k->resolvers, text);
		if (r < 0)
			keeper_renew_rules(k, ports_removed, removal);
		else
			keeper_change(k, text, ports_removed, removal);
	}
	if (early)
		call_end(early, 0, NULL);
}

/* @slot: -1: all ports of the tap, which is thereby returned */
static void remove_ports(struct keeper *k, struct call *call, int slot)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct removal *removal = calloc(1, sizeof(*removal));
	struct tap *tap = model_tap(&k->model, call->rq.tap);
	struct err err = { 0 };
	int r;

	if (!removal) {
		err_nomem(&err);
		call_refuse(call, &err);
		return;
	}
	removal->call = call;
	memcpy(removal->tap, call->rq.tap, sizeof(removal->tap));
	r = collect_ports(k, removal, slot, &text);
	if (tap) {
		tap->leaving++;
		tap->returned = tap->returned || (slot < 0 && !tap->pooled);
	}
	take_off(k, removal, r, &text);
}

void handle_port_remove(struct keeper *k, struct call *call)
{
	remove_ports(k, call, call->rq.slot);
}

void handle_tap_return(struct keeper *k, struct call *call)
{
	remove_ports(k, call, -1);
}
