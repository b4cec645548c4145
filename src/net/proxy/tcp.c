/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A connection is accepted, and one to the service is made; what the client
 * sends meanwhile waits in its socket.  A service that does not listen yet refuses, and is asked
 * again every 50 ms for a while: a client that came a moment too early after a start notices
 * nothing but the time.  Then the two connections are a pair (pair.c).
 *
 * Clients and services are strangers.  Neither can take more than one descriptor, or hold up
 * anybody else; a port that has all the connections it may have accepts none until one ends, and
 * what comes waits in the kernel's queue, which is bounded too.
 */
#include "net/proxy/tcp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/macro.h"

#define ACCEPTS_MAX 64 /* connections accepted in a row before it is another forward's turn */

struct tcp_flow {
	struct flow flow;
	bool is_paired;
	bool is_own;	/* the client is this host, and may take a shortcut */
	struct peer at; /* if so: where its connection came to */
	struct pair pair;
	/* Until the pair is made: */
	int client_fd, service_fd;
	struct source *client, *service;
	uint64_t retry_until_usec;
};

static struct tcp_flow *tcp_of(struct flow *flow)
{
	return container_of(flow, struct tcp_flow, flow);
}

/* Stops waiting for the connection to the service. */
static void stop_connecting(struct tcp_flow *t)
{
	alarm_clear(&t->flow.forward->proxy->retries, &t->flow.alarm);
	source_free(take_ptr(t->client));
	source_free(take_ptr(t->service));
}

static void free_flow(struct tcp_flow *t)
{
	flow_end(&t->flow);
	free(t);
}

void tcp_reset(struct flow *flow)
{
	struct tcp_flow *t = tcp_of(flow);

	if (t->is_paired) {
		pair_reset(&t->pair);
	} else {
		stop_connecting(t);
		stream_reset(t->client_fd);
		fd_close(&t->service_fd);
	}
	free_flow(t);
}

static void connecting_failed(struct tcp_flow *t)
{
	t->flow.forward->failed++;
	tcp_reset(&t->flow);
}

static void on_pair_ended(struct pair *p)
{
	free_flow(container_of(p, struct tcp_flow, pair));
}

/* Makes a pair of the two connections.  Return: whether the flow is still there. */
static bool pair_up(struct tcp_flow *t)
{
	const struct pair_end ends[2] = {
		{ .fd = take_fd(&t->client_fd), .source = take_ptr(t->client) },
		{ .fd = take_fd(&t->service_fd), .source = take_ptr(t->service) },
	};

	stop_connecting(t);
	if (pair_start(&t->pair, &t->flow.forward->proxy->pairs, ends, on_pair_ended) < 0) {
		t->flow.forward->failed++;
		free_flow(t);
		return false;
	}
	t->is_paired = true;
	return true;
}

/* May the error go away by itself?  Maybe nobody listens yet, or the container's network is not up
 * yet. */
static bool may_change(int error)
{
	return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
	       error == EHOSTDOWN;
}

static void try_later(struct tcp_flow *t, int error)
{
	source_free(take_ptr(t->service));
	fd_close(&t->service_fd);
	if (may_change(error) && clock_mono_usec() < t->retry_until_usec)
		alarm_set(&t->flow.forward->proxy->retries, &t->flow.alarm);
	else
		connecting_failed(t);
}

static int error_of(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

static int read_address(int fd, int (*get)(int, struct sockaddr *, socklen_t *), struct peer *ret)
{
	union peer_address address = { 0 };
	socklen_t len = sizeof(address);

	if (get(fd, &address.any, &len) < 0)
		return -errno;
	peer_read(&address, ret);
	return 0;
}

/* The next connection of this host to itself needs no relay. */
static void offer_shortcut(const struct tcp_flow *t)
{
	struct forward *f = t->flow.forward;
	const struct proxy_shortcuts *s = f->spec.shortcuts;
	struct peer to;

	if (!t->is_own || !s || f->fd < 0 || read_address(t->pair.ends[1].fd, getpeername, &to) < 0)
		return;
	f->has_shortcuts = true;
	s->add(&t->at, &to, f->fd, s->arg);
}

static bool has_answered(int fd)
{
	int bytes = 0;

	return ioctl(fd, SIOCINQ, &bytes) == 0 && bytes > 0;
}

static int on_connected(struct source *s, int fd, uint32_t events, void *arg)
{
	struct tcp_flow *t = arg;
	bool may_have_failed = events & (EPOLLERR | EPOLLHUP);
	/* A service that answers and breaks at once has connected: its answer comes first, and the
	 * error, which is told of once, is left for the pair. */
	int error = may_have_failed && !has_answered(fd) ? error_of(fd) : 0;

	(void)s;
	if (error)
		try_later(t, error);
	else if (pair_up(t))
		offer_shortcut(t);
	return 0;
}

static void connect_service(struct tcp_flow *t)
{
	struct forward *f = t->flow.forward;
	struct route route;
	int r = route_choose(&f->spec.target, &t->flow.client, t->is_own, &route);

	if (r == 0)
		r = dial(&f->spec.dialer, &route, SOCK_STREAM, &t->service_fd);
	if (r == 0)
		r = loop_add_io(f->proxy->loop, t->service_fd, EPOLLOUT, on_connected, t,
				&t->service);
	/* The connection is being made; nobody waits for this. */
	if (r == 0)
		r = pair_prepare(t->service_fd);
	if (r < 0)
		try_later(t, -r);
}

void tcp_retry(struct alarm *a)
{
	connect_service(tcp_of(container_of(a, struct flow, alarm)));
}

/* The client has gone away before it was served. */
static int on_client_gone(struct source *s, int fd, uint32_t events, void *arg)
{
	struct tcp_flow *t = arg;

	(void)s;
	(void)fd;
	(void)events;
	connecting_failed(t);
	return 0;
}

/* Has a connection of IPv4 the same address at both ends? */
static bool comes_from_itself(int fd, const struct peer *client, struct peer *ret_at)
{
	return client->ip.family == AF_INET && read_address(fd, getsockname, ret_at) == 0 &&
	       ip_equal(&ret_at->ip, &client->ip);
}

/* Begins a flow for a client.  @fd: taken over */
static void begin_flow(struct forward *f, int fd, const union peer_address *from)
{
	struct tcp_flow *t = calloc(1, sizeof(*t));

	if (!t) {
		close(fd);
		return;
	}
	t->client_fd = fd;
	t->service_fd = -1;
	t->retry_until_usec = clock_mono_usec() + f->proxy->limits.retry_usec;
	peer_read(from, &t->flow.client);
	t->is_own = f->spec.shortcuts && comes_from_itself(fd, &t->flow.client, &t->at);
	flow_begin(f, &t->flow);
	if ((!pair_is_prepared(fd) && pair_prepare(fd) < 0) ||
	    loop_add_io(f->proxy->loop, fd, 0, on_client_gone, t, &t->client) < 0)
		connecting_failed(t);
	else
		connect_service(t);
}

/* Is descriptors or memory lacking?  accept(2) also tells of network errors that concern one
 * connection only. */
static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

int tcp_accept(struct source *s, int fd, uint32_t events, void *arg)
{
	struct forward *f = arg;

	(void)events;
	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		union peer_address from = { 0 };
		socklen_t len = sizeof(from);
		int client;

		if (!forward_may(f)) {
			forward_wait(f);
			return 0;
		}
		client = accept4(fd, &from.any, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client >= 0) {
			begin_flow(f, client, &from);
		} else if (is_shortage(errno)) {
			alarm_set(&f->proxy->breaths, &f->breath);
			return source_set_events(s, 0);
		} else if (errno == EAGAIN) {
			return 0;
		}
	}
	return 0;
}

void tcp_breathe(struct alarm *a)
{
	struct forward *f = container_of(a, struct forward, breath);

	(void)source_set_events(f->source, EPOLLIN);
}

/* Is there a connection to the service that the loop has not told of yet? */
static bool is_connected(const struct tcp_flow *t)
{
	struct peer service;

	return t->service_fd >= 0 && read_address(t->service_fd, getpeername, &service) == 0;
}

void tcp_abandon(struct flow *flow)
{
	struct tcp_flow *t = tcp_of(flow);

	if (!t->is_paired && !is_connected(t))
		connecting_failed(t);
	else if (t->is_paired || pair_up(t))
		pair_abandon(&t->pair);
}
