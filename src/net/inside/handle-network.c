/* SPDX-License-Identifier: Apache-2.0 */
#include "net/inside/handle-network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "net/inside/outward.h"
#include "net/inside/refusals.h"
#include "net/inside/resolvers.h"
#include "net/inside/rules.h"

static bool same_texts(char *const *a, char *const *b)
{
	size_t n = strv_len(a);

	if (n != strv_len(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!streq(a[i], b[i]))
			return false;
	return true;
}

static bool same_subnets(const struct net_network *a, const struct net_network *b)
{
	if (a->n_subnets != b->n_subnets)
		return false;
	for (size_t i = 0; i < a->n_subnets; i++)
		if (a->subnets[i].net.bits != b->subnets[i].net.bits ||
		    !ip_equal(&a->subnets[i].net.ip, &b->subnets[i].net.ip) ||
		    !ip_equal(&a->subnets[i].gateway, &b->subnets[i].gateway))
			return false;
	return true;
}

static bool same_network(const struct net_network *a, const struct net_network *b)
{
	return a->mtu == b->mtu && a->internal == b->internal && a->limited == b->limited &&
	       same_subnets(a, b) && same_texts(a->allow, b->allow);
}

void network_free(struct network *n)
{
	LIST_REMOVE(n, link);
	net_network_reset(&n->spec);
	egress_list_reset(&n->egress);
	free(n->hosts);
	free(n);
}

/* Gives a network a new description, in the place of the one before, if there is one. */
static int take_spec(struct network *n, struct net_network *spec)
{
	struct egress_list egress;
	int r = egress_list_make(spec->allow, &egress);

	if (r < 0)
		return r;
	egress_list_reset(&n->egress);
	net_network_reset(&n->spec);
	n->egress = egress;
	n->spec = *spec;
	*spec = (struct net_network){ 0 };
	return 0;
}

static struct network *network_new(struct model *m, const char *id)
{
	struct network *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	snprintf(n->bridge, sizeof(n->bridge), "b%.10s", id);
	LIST_INSERT_HEAD(&m->networks, n, link);
	return n;
}

static int check_overlap(const struct model *m, const struct net_network *spec, struct err *err)
{
	const struct network *n;

	LIST_FOREACH (n, &m->networks, link) {
		if (streq(n->spec.id, spec->id))
			continue;
		for (size_t i = 0; i < n->spec.n_subnets; i++)
			for (size_t j = 0; j < spec->n_subnets; j++)
				if (ip_net_overlap(&n->spec.subnets[i].net, &spec->subnets[j].net))
					return err_set(err, -EEXIST,
						       "a subnet overlaps one of network %s",
						       n->spec.id);
	}
	return 0;
}

static void network_ready(struct keeper *k, void *arg, int r, const struct err *err)
{
	struct net_answer answer = { 0 };

	(void)r;
	(void)err;
	keeper_hosts(k, &answer);
	call_answer(arg, &answer, -1);
}

static void network_made(struct keeper *k, void *arg, int r, const struct err *err)
{
	if (r < 0)
		call_refuse(arg, err);
	else
		outward_wait(k->outward, network_ready, arg);
}

/* Updates what depends on which networks there are, except the rules. */
static void follow_network(struct keeper *k, struct buf *text)
{
	resolvers_update(k->resolvers, text);
	outward_update(k->outward);
	refusals_rotate(k->refusals);
}

static void make_network(struct keeper *k, struct call *call)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct network *n = network_new(&k->model, call->rq.network.id);
	struct err err = { 0 };
	int r = n ? take_spec(n, &call->rq.network) : -ENOMEM;

	r = r < 0 ? err_nomem(&err) : links_add_network(k->nl, n, &err);
	if (r == 0 && rules_add_network(&text, n) < 0)
		r = err_nomem(&err);
	if (r == 0) {
		follow_network(k, &text);
		keeper_change(k, &text, network_made, call);
		return;
	}
	if (n)
		network_free(n);
	call_refuse(call, &err);
}

static void change_network(struct keeper *k, struct network *n, struct call *call)
{
	cleanup(buf_reset) struct buf unused = BUF_INIT;
	struct err err = { 0 };
	int r = take_spec(n, &call->rq.network);

	r = r < 0 ? err_nomem(&err) : links_add_network(k->nl, n, &err);
	if (r < 0) {
		call_refuse(call, &err);
		return;
	}
	follow_network(k, &unused);
	keeper_renew_rules(k, network_made, call);
}

void handle_network(struct keeper *k, struct call *call)
{
	struct network *n = model_network(&k->model, call->rq.network.id);
	struct err err = { 0 };

	keeper_used(k);
	if (check_overlap(&k->model, &call->rq.network, &err) < 0)
		call_refuse(call, &err);
	else if (!n)
		make_network(k, call);
	else if (same_network(&n->spec, &call->rq.network))
		network_made(k, call, 0, NULL);
	else
		change_network(k, n, call);
}

struct removal {
	struct call *call;
	struct network *network; /* no longer in the model */
};

static void network_removed(struct keeper *k, void *arg, int r, const struct err *err)
{
	struct removal *removal = arg;

	/* Meanwhile the network may have been told of again. */
	if (!model_network(&k->model, removal->network->spec.id))
		links_remove_network(k->nl, removal->network);
	LIST_INSERT_HEAD(&k->model.networks, removal->network, link);
	network_free(removal->network);
	call_end(removal->call, r, err);
	free(removal);
}

void handle_network_remove(struct keeper *k, struct call *call)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct network *n = model_network(&k->model, call->rq.id);
	struct removal *removal;
	struct err err = { 0 };

	if (!n) {
		call_end(call, 0, NULL);
		return;
	}
	if (model_network_used(&k->model, n)) {
		err_set(&err, -EBUSY, "network %s is in use", n->spec.id);
		call_refuse(call, &err);
		return;
	}
	removal = malloc(sizeof(*removal));
	if (!removal || rules_remove_network(&text, n) < 0) {
		free(removal);
		err_nomem(&err);
		call_refuse(call, &err);
		return;
	}
	*removal = (struct removal){ call, n };
	LIST_REMOVE(n, link);
	follow_network(k, &text);
	keeper_change(k, &text, network_removed, removal);
}
