/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What the rules count is asked of nft first, which takes some milliseconds;
 * the rest is in the model.  Lists are as long as what there is, so a packet has room for all of
 * them: some thousand ports; where it has not, that is the error.
 */
#include "net/inside/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json-object.h"
#include "base/str.h"
#include "net/inside/handle-publish.h"
#include "net/inside/outward.h"
#include "net/inside/resolvers.h"
#include "net/parts.h"

static int put_list(json_t *obj, const char *key, json_t **ret)
{
	*ret = json_array();
	return json_object_set_new(obj, key, *ret);
}

static int add_taps(json_t *status, const struct model *m)
{
	const struct tap *tap;
	json_t *list;
	int r = put_list(status, "taps", &list);

	LIST_FOREACH (tap, &m->taps, link)
		r = r < 0 ? r
			  : json_array_append_new(list,
						  JSON_OBJECT(member_text("tap", tap->name),
							      member_bool("pooled", tap->pooled)));
	return r;
}

/* How many packets a counter of the rules has counted; 0 where there is no such counter. */
static json_int_t count_of(const json_t *counters, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(counters, "nftables"), i, item) {
		const json_t *counter = json_object_get(item, "counter");
		const char *text = json_string_value(json_object_get(counter, "name"));

		if (text && streq(text, name))
			return json_integer_value(json_object_get(counter, "packets"));
	}
	return 0;
}

static json_t *describe_network(const struct network *n, const json_t *counters)
{
	char counter[NET_ID_LEN + 4];

	snprintf(counter, sizeof(counter), "c_%s", n->spec.id);
	return JSON_OBJECT(member_text("id", n->spec.id), member_text("bridge", n->bridge),
			   member_int("refused_packets", count_of(counters, counter)),
			   member_int("refused_names", (json_int_t)n->refused_names));
}

static int add_networks(json_t *status, const struct model *m, const json_t *counters)
{
	const struct network *n;
	json_t *list;
	int r = put_list(status, "networks", &list);

	LIST_FOREACH (n, &m->networks, link)
		r = r < 0 ? r : json_array_append_new(list, describe_network(n, counters));
	return r;
}

static json_t *describe_port(const struct port *p)
{
	char mac[MAC_TEXT_MAX];
	json_t *obj;

	mac_format(p->spec.mac, mac);
	obj = JSON_OBJECT(member_text("tap", p->spec.tap), member_int("slot", p->spec.slot),
			  member_text("network", p->spec.network), member_text("device", p->device),
			  member_text("mac", mac),
			  member_json("names", json_from_strv(p->spec.names)));
	if (obj && parts_put_ips(obj, "addresses", p->spec.addresses, p->spec.n_addresses) < 0) {
		json_decref(obj);
		return NULL;
	}
	return obj;
}

static int add_ports(json_t *status, const struct model *m)
{
	const struct port *p;
	json_t *list;
	int r = put_list(status, "ports", &list);

	LIST_FOREACH (p, &m->ports, link)
		r = r < 0 ? r : json_array_append_new(list, describe_port(p));
	return r;
}

static int add_uplink(json_t *status, const struct wire_place *place)
{
	json_t *uplink = JSON_OBJECT(
		member_bool("up", place->up), member_bool("ipv4", place->outward[0]),
		member_bool("ipv6", place->outward[1]), member_text("text", place->text));
	size_t n = ip_is_none(&place->host[0]) ? 0 : ip_is_none(&place->host[1]) ? 1 : 2;

	if (json_object_set_new(status, "uplink", uplink) < 0)
		return -ENOMEM;
	return parts_put_ips(uplink, "hosts", place->host, n);
}

static int add_servers(json_t *status, const struct outward *o)
{
	const struct wire_resolver *servers;
	struct ip ips[WIRE_RESOLVERS_MAX];
	uint32_t n = outward_servers(o, &servers);

	for (uint32_t i = 0; i < n; i++)
		ips[i] = servers[i].ip;
	return parts_put_ips(status, "host_resolvers", ips, n);
}

static char *write_status(struct keeper *k, const json_t *counters)
{
	cleanup_json json_t *status =
		JSON_OBJECT(member_bool("ok", true), member_bool("settled", k->settled),
			    member_text("firewall", outward_firewall(k->outward)),
			    member_int("spoofed_packets", count_of(counters, "spoofed")),
			    member_json("publishes", publishes_describe(k)),
			    member_json("resolvers", resolvers_describe(k->resolvers)));
	int r = status ? add_taps(status, &k->model) : -ENOMEM;

	if (r == 0)
		r = add_networks(status, &k->model, counters);
	if (r == 0)
		r = add_ports(status, &k->model);
	if (r == 0)
		r = add_uplink(status, &k->model.uplink);
	if (r == 0)
		r = add_servers(status, k->outward);
	return r == 0 ? json_write(status) : NULL;
}

struct question {
	struct keeper *keeper;
	struct call *call;
	char network[NET_ID_LEN + 1]; /* the network asked about; "": everything */
};

static char *write_refused(const struct question *q, const json_t *counters)
{
	const struct network *n = model_network(&q->keeper->model, q->network);
	char counter[NET_ID_LEN + 4];
	struct net_answer answer = { 0 };

	snprintf(counter, sizeof(counter), "c_%s", q->network);
	answer.packets = (uint64_t)count_of(counters, counter);
	answer.names = n ? n->refused_names : 0;
	return net_answer_write(&answer);
}

static void counters_read(int result, const char *text, size_t len, void *arg)
{
	struct question *q = arg;
	cleanup_json json_t *counters = NULL;

	/* Without counts the rest of the status is still of use. */
	if (result == 0 && json_read(text, len, "counters", &counters, NULL) < 0)
		counters = NULL;
	call_answer_text(
		q->call,
		*q->network ? write_refused(q, counters) : write_status(q->keeper, counters), -1);
	free(q);
}

static void ask_counters(struct keeper *k, struct call *call, const char *network, const char *what)
{
	struct question *q = calloc(1, sizeof(*q));
	struct err err = { 0 };

	if (q) {
		*q = (struct question){ .keeper = k, .call = call };
		snprintf(q->network, sizeof(q->network), "%s", network);
	}
	if (q && nft_list(k->nft, what, counters_read, q) == 0)
		return;
	free(q);
	err_nomem(&err);
	call_refuse(call, &err);
}

void status_answer(struct keeper *k, struct call *call)
{
	ask_counters(k, call, "", "counters");
}

void refused_answer(struct keeper *k, struct call *call)
{
	struct err err = { 0 };
	char what[64];

	if (!model_network(&k->model, call->rq.id)) {
		err_set(&err, -ENOENT, "moat-net was not told of network %s", call->rq.id);
		call_refuse(call, &err);
		return;
	}
	snprintf(what, sizeof(what), "counter inet moat c_%s", call->rq.id);
	ask_counters(k, call, call->rq.id, what);
}
