/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The guest is told of a container's network before it is told of the
 * container, and does one after the other; nobody waits in between.  Its answer is judged when the
 * container is ready.  Later changes are questions as any other.
 */
#include "shim/container/network.h"

#include <errno.h>

#include "link/network.h"
#include "link/query.h"
#include "shim/container/containers.h"
#include "shim/text.h"

void network_wish_reset(struct network_wish *w)
{
	oci_network_reset(&w->network);
	*w = (struct network_wish){ 0 };
}

static int check_tap(const struct container *c, const struct oci_network *n, struct err *err)
{
	if (n->n == 0 || *c->all->life->spec.tap)
		return 0;
	return err_set(err, -ENODEV, "the machine's NIC hangs on no tap");
}

int network_take(struct container *c, const struct control_request *rq, struct err *err)
{
	int r = rq->has_network ? check_tap(c, &rq->network, err) : 0;

	if (r < 0 || !rq->has_network)
		return r;
	c->network.wanted = true;
	return oci_network_copy(&rq->network, &c->network.network) < 0 ? err_nomem(err) : 0;
}

typedef int (*link_send_fn)(struct link_conn *c, struct link_header h, const void *payload,
			    size_t len);

/* Sends NETWORK with the next number. */
static int tell_guest(struct container *c, link_send_fn send, const struct oci_network *network,
		      char *const *hosts, const char *resolv_conf)
{
	const struct link_header h = { .type = LINK_NETWORK, .container = c->number };
	cleanup(buf_reset) struct buf inner = BUF_INIT, payload = BUF_INIT;
	int r = oci_network_put(&inner, network);

	if (r == 0)
		r = link_network_put(
			&payload, ++c->queries.last_id,
			(struct wire_view){ (const unsigned char *)inner.data, inner.len }, hosts,
			resolv_conf);
	return r < 0 ? r : send(guest_link(c->all->life->guest), h, payload.data, payload.len);
}

/* Nobody waits for the answer: CONTAINER is sent next. */
int network_offer(struct container *c)
{
	int r = c->network.wanted ? tell_guest(c, link_send_along, &c->network.network, NULL, NULL)
				  : 0;

	if (r < 0 || !c->network.wanted)
		return r;
	c->network.asked = c->queries.last_id;
	c->network.err = (struct err){ 0 };
	return 0;
}

int network_settled(const struct container *c)
{
	return c->network.asked ? -EBADMSG : 0;
}

int network_change(struct container *c, struct conn *conn, const struct control_request *rq,
		   struct err *err)
{
	int r = check_tap(c, &rq->network, err);

	if (r < 0)
		return r;
	r = tell_guest(c, link_send, &rq->network, rq->hosts, rq->resolv_conf);
	if (r == 0)
		r = query_note(c, conn, LINK_NETWORK);
	return r < 0 ? err_errno(err, r, "ask the guest") : 0;
}

int network_answered(struct container *c, struct wire_view payload)
{
	struct err err;
	uint32_t id;
	int r = link_done_get(payload, &id, &err);

	if (r < 0)
		return r;
	text_clean(err.msg);
	if (id != c->network.asked)
		return query_done(c, id, LINK_NETWORK, &err);
	c->network.asked = 0;
	c->network.err = err;
	return 0;
}
