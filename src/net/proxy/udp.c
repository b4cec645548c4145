/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Every client, which is an address and port, has a flow: a socket of its own
 * connected to the service, so that answers are known by the socket they come to.  They are sent by
 * the forward's socket, from the address of the host that the client had sent to.  A flow ends when
 * nothing has passed for a while, and the one of whoever was silent longest where another client
 * has no room.
 *
 * As with any network, a datagram that nobody can take at once is lost.  A sender's address may be
 * a lie, so a flood makes others' flows be ended; they begin again with the next datagram.
 */
#include "net/proxy/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "net/proxy/datagrams.h"
#include "net/proxy/flow-table.h"

struct udp_flow {
	struct flow flow;
	struct flow_entry entry;
	int fd; /* owned; connected to the service */
	struct source *source;
};

static struct udp_flow *udp_of(struct flow *flow)
{
	return container_of(flow, struct udp_flow, flow);
}

/* Enlarges a socket's buffers as far as the host allows, for bursts that come while this thread is
 * busy. */
static void widen_buffer(int fd)
{
	int bytes = (int)MIB(1);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

int udp_prepare(struct forward *f)
{
	int on = 1;
	int r = f->family == AF_INET6
			? setsockopt(f->fd, SOL_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on))
			: setsockopt(f->fd, SOL_IP, IP_PKTINFO, &on, sizeof(on));

	if (r < 0)
		return -errno;
	widen_buffer(f->fd);
	if (!f->table)
		f->table = flow_table_new(f->proxy->seed);
	if (!f->proxy->datagrams)
		f->proxy->datagrams = malloc(sizeof(*f->proxy->datagrams));
	return f->table && f->proxy->datagrams ? 0 : -ENOMEM;
}

void udp_free(struct forward *f)
{
	flow_table_free(f->table);
}

void udp_end(struct flow *flow)
{
	struct udp_flow *u = udp_of(flow);

	alarm_clear(&flow->forward->proxy->idles, &flow->alarm);
	flow_table_remove(&u->entry);
	source_free(u->source);
	fd_close(&u->fd);
	flow_end(flow);
	free(u);
}

void udp_idle(struct alarm *a)
{
	udp_end(container_of(a, struct flow, alarm));
}

/* Notes that something has passed. */
static void touch_flow(struct udp_flow *u)
{
	struct forward *f = u->flow.forward;

	alarm_set(&f->proxy->idles, &u->flow.alarm);
	TAILQ_REMOVE(&f->flows, &u->flow, link);
	TAILQ_INSERT_TAIL(&f->flows, &u->flow, link);
}

static int receive_replies(struct source *s, int fd, uint32_t events, void *arg)
{
	struct udp_flow *u = arg;
	struct forward *f = u->flow.forward;
	struct datagrams *d = f->proxy->datagrams;
	int n = datagrams_receive(d, fd);
	unsigned sent;

	(void)s;
	(void)events;
	/* Nobody takes what was sent.  The flow stays: somebody may take it later. */
	if (n < 0)
		return 0;
	touch_flow(u);
	datagrams_address(d, 0, (unsigned)n, f->family, &u->entry.key);
	sent = datagrams_send(d, 0, (unsigned)n, f->fd);
	f->dropped += (unsigned)n - sent;
	return 0;
}

static int open_flow(struct udp_flow *u)
{
	struct forward *f = u->flow.forward;
	struct route route;
	int r = route_choose(&f->spec.target, &u->flow.client, false, &route);

	if (r == 0)
		r = dial(&f->spec.dialer, &route, SOCK_DGRAM, &u->fd);
	if (r == 0)
		r = loop_add_io(f->proxy->loop, u->fd, EPOLLIN, receive_replies, u, &u->source);
	return r;
}

/* Return: NULL where the flow cannot be had. */
static struct udp_flow *begin_flow(struct forward *f, const struct flow_key *key)
{
	struct udp_flow *u;

	if (!forward_may(f) && !TAILQ_EMPTY(&f->flows))
		udp_end(TAILQ_FIRST(&f->flows));
	if (!forward_may(f))
		return NULL;
	u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->fd = -1;
	u->entry.key = *key;
	u->flow.client = key->client;
	flow_begin(f, &u->flow);
	flow_table_add(f->table, &u->entry);
	if (open_flow(u) == 0)
		return u;
	f->failed++;
	udp_end(&u->flow);
	return NULL;
}

static struct flow_key key_of(struct datagrams *d, unsigned i)
{
	struct flow_key key;

	peer_read(&d->from[i], &key.client);
	datagrams_local(d, i, &key.local);
	return key;
}

static struct udp_flow *find_flow(struct forward *f, const struct flow_key *key)
{
	struct flow_entry *e = flow_table_find(f->table, key);

	return e ? container_of(e, struct udp_flow, entry) : begin_flow(f, key);
}

/* Counts the datagrams, from @first on, that are of the same client. */
static unsigned count_same(struct datagrams *d, unsigned first, unsigned end,
			   const struct flow_key *key)
{
	unsigned n = 1;

	for (; first + n < end; n++) {
		struct flow_key next = key_of(d, first + n);

		if (!flow_key_equal(&next, key))
			break;
	}
	return n;
}

/* Passes on datagrams of one client. */
static void pass_on(struct forward *f, struct udp_flow *u, unsigned first, unsigned n)
{
	struct datagrams *d = f->proxy->datagrams;
	unsigned sent = 0;

	if (u) {
		touch_flow(u);
		datagrams_address(d, first, n, f->family, NULL);
		sent = datagrams_send(d, first, n, u->fd);
	}
	f->dropped += n - sent;
}

int udp_receive(struct source *s, int fd, uint32_t events, void *arg)
{
	struct forward *f = arg;
	struct datagrams *d = f->proxy->datagrams;
	int received = datagrams_receive(d, fd);
	unsigned n = received > 0 ? (unsigned)received : 0, first = 0;

	(void)s;
	(void)events;
	for (unsigned same; first < n; first += same) {
		struct flow_key key = key_of(d, first);

		same = count_same(d, first, n, &key);
		pass_on(f, find_flow(f, &key), first, same);
	}
	return 0;
}
