/* SPDX-License-Identifier: Apache-2.0 */
#include "net/inside/status.h"

#include <stdlib.h>

#include "base/json-object.h"
#include "net/inside/handle.h"
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

static int add_networks(json_t *status, const struct model *m)
{
	const struct network *n;
	json_t *list;
	int r = put_list(status, "networks", &list);

	LIST_FOREACH (n, &m->networks, link)
		r = r < 0 ? r
			  : json_array_append_new(list,
						  JSON_OBJECT(member_text("id", n->spec.id),
							      member_text("bridge", n->bridge)));
	return r;
}

static json_t *describe_port(const struct port *p)
{
	char mac[PARTS_MAC_TEXT_MAX];
	json_t *obj;

	parts_mac_format(p->spec.mac, mac);
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

void status_answer(struct keeper *k, struct call *call)
{
	cleanup_json json_t *status = JSON_OBJECT(member_bool("ok", true));
	int r = status ? add_taps(status, &k->model) : -1;

	if (r == 0)
		r = add_networks(status, &k->model);
	if (r == 0)
		r = add_ports(status, &k->model);
	if (r == 0)
		r = json_object_set_new(status, "publishes", publishes_describe(k));
	call_answer_text(call, r == 0 ? json_write(status) : NULL, -1);
}
