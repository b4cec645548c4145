/* SPDX-License-Identifier: Apache-2.0 */
#include "net/inside/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "net/inside/handle-network.h"
#include "net/inside/handle-port.h"
#include "net/inside/handle-publish.h"
#include "net/inside/outward.h"
#include "net/inside/refusals.h"
#include "net/inside/resolvers.h"
#include "net/inside/status.h"
#include "net/inside/taps.h"

static void handle_hello(struct keeper *k, struct call *call)
{
	cleanup_close int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct err err = { 0 };

	(void)k;
	if (ns < 0) {
		err_errno(&err, -errno, "network namespace");
		call_refuse(call, &err);
		return;
	}
	call_answer(call, &(struct net_answer){ .version = NET_VERSION }, ns);
}

static void handle_tap(struct keeper *k, struct call *call)
{
	struct net_answer answer = { 0 };
	struct err err = { 0 };
	struct tap *tap;

	if (tap_get(&k->model, k->nl, &tap, &err) < 0) {
		call_refuse(call, &err);
		return;
	}
	memcpy(answer.tap, tap->name, sizeof(answer.tap));
	call_answer(call, &answer, tap->fd);
}

static void rules_settled(struct keeper *k, void *arg, int r, const struct err *err)
{
	(void)k;
	call_end(arg, r, err);
}

static void handle_settled(struct keeper *k, struct call *call)
{
	int r;

	k->settled = true;
	outward_update(k->outward);
	r = links_sweep(k->nl, &k->model);
	if (r < 0)
		log_warning("links that are left over: %s", strerror(-r));
	keeper_renew_rules(k, rules_settled, call);
}

static void handle_status(struct keeper *k, struct call *call)
{
	status_answer(k, call);
}

static void handle_refused(struct keeper *k, struct call *call)
{
	refused_answer(k, call);
}

static void handle_watch(struct keeper *k, struct call *call)
{
	struct net_event e = { .type = NET_EVENT_HOST };

	call_watch(call);
	snprintf(e.text, sizeof(e.text), "%.250s", outward_problem(k->outward));
	if (*e.text)
		server_tell(k->server, &e);
}

static void handle_shutdown(struct keeper *k, struct call *call)
{
	call_end(call, 0, NULL);
	keeper_leave(k);
}

void handle(struct keeper *k, struct call *call)
{
	static void (*const handlers[])(struct keeper *, struct call *) = {
		[NET_HELLO] = handle_hello,
		[NET_TAP] = handle_tap,
		[NET_TAP_RETURN] = handle_tap_return,
		[NET_NETWORK] = handle_network,
		[NET_NETWORK_REMOVE] = handle_network_remove,
		[NET_PORT] = handle_port,
		[NET_PORT_REMOVE] = handle_port_remove,
		[NET_PUBLISH] = handle_publish,
		[NET_UNPUBLISH] = handle_unpublish,
		[NET_PUBLISHED] = handle_published,
		[NET_SETTLED] = handle_settled,
		[NET_REFUSED] = handle_refused,
		[NET_STATUS] = handle_status,
		[NET_WATCH] = handle_watch,
		[NET_SHUTDOWN] = handle_shutdown,
	};
	struct err err = { 0 };

	if ((size_t)call->rq.op < ARRAY_SIZE(handlers) && handlers[call->rq.op]) {
		handlers[call->rq.op](k, call);
		return;
	}
	err_set(&err, -EOPNOTSUPP, "this moat-net does not do that");
	call_refuse(call, &err);
}

static bool has_taps_out(const struct keeper *k)
{
	const struct tap *tap;

	LIST_FOREACH (tap, &k->model.taps, link)
		if (!tap->pooled)
			return true;
	return false;
}

static void note_publish(const struct proxy_stat *s, void *arg)
{
	bool *found = arg;

	*found = *found || !str_starts(s->key, PUBLISH_OWN);
}

static bool has_publishes(const struct keeper *k)
{
	bool found = false;

	proxy_each(k->proxy, note_publish, &found);
	return found;
}

void handle_idle(struct keeper *k)
{
	struct network *n;

	struct network_list gone = LIST_HEAD_INITIALIZER(gone);
	cleanup(buf_reset) struct buf text = BUF_INIT;

	while ((n = LIST_FIRST(&k->model.networks))) {
		LIST_REMOVE(n, link);
		LIST_INSERT_HEAD(&gone, n, link);
	}
	resolvers_update(k->resolvers, &text);
	while ((n = LIST_FIRST(&gone))) {
		links_remove_network(k->nl, n);
		network_free(n);
	}
	refusals_rotate(k->refusals);
	outward_update(k->outward);
	keeper_renew_rules(k, NULL, NULL);
	if (!has_taps_out(k) && !server_watched(k->server) && !has_publishes(k))
		keeper_leave(k);
}

void handle_reset(struct keeper *k)
{
	while (!LIST_EMPTY(&k->model.ports))
		port_free(LIST_FIRST(&k->model.ports));
	while (!LIST_EMPTY(&k->model.networks))
		network_free(LIST_FIRST(&k->model.networks));
	while (!LIST_EMPTY(&k->model.taps))
		tap_free(LIST_FIRST(&k->model.taps));
}
