/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What reaches a published socket of the host is passed on by the proxy
 * (net/proxy), which runs in this process's loop.  It needs no port to be there: a container that
 * is not on its network yet is tried again.
 *
 * Keys come from moatd; some are this process's own (PUBLISH_OWN), and moatd cannot name them.
 */
#include "net/inside/handle-publish.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-object.h"
#include "base/str.h"
#include "net/inside/outward.h"
#include "net/inside/shortcut-client.h"

static struct proxy_place *place_of(struct proxy_target *t, uint8_t family)
{
	return family == AF_INET6 ? &t->v6 : &t->v4;
}

static struct proxy_spec spec_of(const struct keeper *k, const struct net_publish *p)
{
	struct proxy_spec s = {
		.protocol = p->protocol == NET_UDP ? PROXY_UDP : PROXY_TCP,
		.target = { .port = p->target_port, .shows_clients = p->shows_clients },
		.shortcuts = p->shortcuts ? shortcut_client_for_proxy(k->shortcuts) : NULL
	};

	for (size_t i = 0; i < p->n_targets; i++)
		place_of(&s.target, p->targets[i].ip.family)->net = p->targets[i];
	for (size_t i = 0; i < p->n_gateways; i++)
		place_of(&s.target, p->gateways[i].family)->gateway = p->gateways[i];
	return s;
}

static bool is_own(const char *key)
{
	return str_starts(key, PUBLISH_OWN) != NULL;
}

static int publish_port(struct keeper *k, struct call *call, struct err *err)
{
	const struct net_publish *p = &call->rq.publish;
	const struct proxy_spec spec = spec_of(k, p);
	int r = is_own(p->key) ? -EPERM : proxy_publish(k->proxy, p->key, &spec, call->fd);

	if (r == 0)
		call->fd = -1;
	if (r == 0 && p->shortcuts && !k->wants_shortcuts) {
		k->wants_shortcuts = true;
		outward_update(k->outward);
	}
	return r < 0 ? err_errno(err, r, "publish %s", p->key) : 0;
}

void handle_publish(struct keeper *k, struct call *call)
{
	struct err err = { 0 };
	int r = publish_port(k, call, &err);

	call_end(call, r, &err);
}

void handle_unpublish(struct keeper *k, struct call *call)
{
	const char *key = call->rq.key;
	struct err err = { 0 };
	int r = is_own(key) ? -EPERM : proxy_unpublish(k->proxy, key);

	if (r < 0)
		err_errno(&err, r, "unpublish %s", key);
	call_end(call, r, &err);
}

void handle_published(struct keeper *k, struct call *call)
{
	const char *key = call->rq.key;
	struct err err = { 0 };
	int fd = is_own(key) ? -ENOENT : proxy_fd(k->proxy, key);

	if (fd >= 0) {
		call_answer(call, &(struct net_answer){ 0 }, fd);
		return;
	}
	err_errno(&err, fd, "%s", key);
	call_refuse(call, &err);
}

static void describe_proxy(const struct proxy_stat *s, void *arg)
{
	if (!is_own(s->key))
		json_array_append_new(
			arg, JSON_OBJECT(member_text("key", s->key),
					 member_text("protocol",
						     s->protocol == PROXY_UDP ? "udp" : "tcp"),
					 member_int("flows", (json_int_t)s->flows),
					 member_int("total", (json_int_t)s->total),
					 member_int("failed", (json_int_t)s->failed),
					 member_int("dropped", (json_int_t)s->dropped)));
}

json_t *publishes_describe(const struct keeper *k)
{
	json_t *list = json_array();

	if (list)
		proxy_each(k->proxy, describe_proxy, list);
	return list;
}
