/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/network/describe.h"

#include "base/clock.h"
#include "base/json-object.h"
#include "base/mutex.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper.h"
#include "daemon/network/network-view.h"

json_t *network_describe(const struct network_view *v, const char *default_name, json_t *containers,
			 json_t *moat)
{
	const struct network_config *c = &v->config;
	char created[CLOCK_TEXT_MAX];

	clock_format(v->rec.created_nsec, created);
	return JSON_OBJECT(
		member_text("Name", network_shown_name(v->rec.name, default_name)),
		member_text("Id", v->rec.id), member_text("Created", created),
		member_text("Scope", "local"), member_text("Driver", v->rec.driver),
		member_bool("EnableIPv4", !network_is_none(&v->rec)),
		member_bool("EnableIPv6", c->ipv6), member_json("IPAM", network_config_ipam(c)),
		member_bool("Internal", c->internal), member_bool("Attachable", c->attachable),
		member_bool("Ingress", false),
		member_json("ConfigFrom", JSON_OBJECT(member_text("Network", ""))),
		member_bool("ConfigOnly", false), member_optional("Containers", containers),
		member_json("Options", c->options ? json_incref(c->options) : json_object()),
		member_json("Labels", c->labels ? json_incref(c->labels) : json_object()),
		member_optional("Moat", moat));
}

json_t *network_refused(struct networks *nets, const struct network_view *v)
{
	cleanup(net_result_reset) struct net_result result = NET_RESULT_INIT;
	struct net_request rq = { .op = NET_REFUSED };

	memcpy(rq.id, v->rec.id, NET_ID_LEN);
	/* A network that is not up has refused nothing. */
	if (!network_is_none(&v->rec) && keeper_enter_running(nets->keeper)) {
		(void)keeper_ask(nets->keeper, &rq, &result, NULL);
		keeper_leave(nets->keeper);
	}
	return JSON_OBJECT(member_int("RefusedPackets", (int64_t)result.answer.packets),
			   member_int("RefusedNames", (int64_t)result.answer.names));
}

static struct ip_net in_subnet(const struct ip *ip, const struct subnet *s)
{
	return (struct ip_net){ *ip, ip_is_none(ip) ? 0 : s->net.bits };
}

static json_t *describe_user(const struct network *n, const struct endpoint *e)
{
	const struct ip_net net4 = in_subnet(&e->rec.lease.ip4, &n->config.subnets[FAMILY_4]),
			    net6 = in_subnet(&e->rec.lease.ip6, &n->config.subnets[FAMILY_6]);
	char ip4[IP_TEXT_MAX], ip6[IP_TEXT_MAX];

	ip_net_format(&net4, ip4);
	ip_net_format(&net6, ip6);
	return JSON_OBJECT(member_text("Name", e->member->name ? e->member->name : ""),
			   member_text("EndpointID", e->rec.id),
			   member_text("MacAddress", e->rec.lease.mac),
			   member_text("IPv4Address", ip4), member_text("IPv6Address", ip6));
}

json_t *network_containers(struct networks *nets, const char *name)
{
	cleanup_json json_t *all = json_object();
	const struct network *n;
	int r = all ? 0 : -1;

	mutex_hold(&nets->lock);
	n = networks_find(nets, name);
	for (struct member *m = nets->members; m && n && r == 0; m = m->next) {
		const struct endpoint *e = m->active ? member_endpoint(m, name) : NULL;

		if (e)
			r = json_object_set_new(all, m->id, describe_user(n, e));
	}
	return r == 0 ? take_ptr(all) : NULL;
}

/* Describes an endpoint: what was asked for and what was given, in docker's order. */
static json_t *describe_endpoint(const struct network *n, const struct endpoint *e)
{
	static const struct lease_record nothing;
	bool active = n && e->member->active;
	const struct lease_record *lease = active ? &e->rec.lease : &nothing;
	const struct subnet *subnets = n ? n->config.subnets : NULL;
	cleanup_strv char **names = NULL;
	json_t *obj = endpoint_config_json(&e->config);
	char ip4[IP_TEXT_MAX], ip6[IP_TEXT_MAX], gateway4[IP_TEXT_MAX] = "",
						 gateway6[IP_TEXT_MAX] = "";

	ip_format(&lease->ip4, ip4);
	ip_format(&lease->ip6, ip6);
	if (*ip4)
		ip_format(&subnets[FAMILY_4].gateway, gateway4);
	if (*ip6)
		ip_format(&subnets[FAMILY_6].gateway, gateway6);
	if (!obj || tell_names(e, &names) < 0 ||
	    json_object_update_new(
		    obj,
		    JSON_OBJECT(member_text("MacAddress", *lease->mac ? lease->mac : e->config.mac),
				member_text("NetworkID", n ? n->rec.id : ""),
				member_text("EndpointID", active ? e->rec.id : ""),
				member_text("Gateway", gateway4), member_text("IPAddress", ip4),
				member_int("IPPrefixLen", *ip4 ? subnets[FAMILY_4].net.bits : 0),
				member_text("IPv6Gateway", gateway6),
				member_text("GlobalIPv6Address", ip6),
				member_int("GlobalIPv6PrefixLen",
					   *ip6 ? subnets[FAMILY_6].net.bits : 0),
				member_json("DNSNames", json_from_strv(names)))) < 0) {
		json_decref(obj);
		return NULL;
	}
	return obj;
}

json_t *member_describe(struct networks *nets, const char *id, const char *default_name)
{
	cleanup_json json_t *all = json_object();
	struct member *m;
	int r = all ? 0 : -1;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	for (const struct endpoint *e = m ? m->endpoints : NULL; e && r == 0; e = e->next)
		r = json_object_set_new(all, network_shown_name(e->rec.network, default_name),
					describe_endpoint(networks_find(nets, e->rec.network), e));
	return r == 0 ? take_ptr(all) : NULL;
}

json_t *member_describe_none(struct networks *nets)
{
	char name[] = NETWORK_NONE;
	struct member nobody = { 0 };
	const struct endpoint nothing = { .member = &nobody, .rec.network = name };
	cleanup_json json_t *all = json_object();
	int r;

	mutex_hold(&nets->lock);
	r = json_object_set_new(all, NETWORK_NONE,
				describe_endpoint(networks_find(nets, NETWORK_NONE), &nothing));
	return r == 0 ? take_ptr(all) : NULL;
}

bool member_is_on(struct networks *nets, const char *id, const char *network)
{
	const struct network *n;
	struct member *m;
	bool ambiguous, is;

	mutex_hold(&nets->lock);
	n = networks_find_any(nets, network, &ambiguous);
	m = networks_member(nets, id);
	is = m && member_endpoint(m, n ? n->rec.name : network);
	return is;
}
