/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A connection brings one request and gets one answer, then it is closed; one
 * that watches stays.  An answer that the queue of the connection has no room for is lost, and so
 * is a watcher that does not read: nothing here waits.
 *
 * Only moatd's user may connect, but what comes is checked as if anybody might.
 */
#include "net/inside/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/unix.h"
#include "net/inside/handle.h"
#include "net/inside/keeper.h"

#define CLIENTS_MAX 512u

struct client {
	TAILQ_ENTRY(client) link;
	struct server *server;
	int fd;
	struct source *source;
	bool watches;
};

TAILQ_HEAD(clients, client);

struct server {
	struct keeper *keeper;
	int fd;
	uid_t owner;
	struct source *source;
	struct clients clients; /* connections that have asked for nothing yet, or watch */
	size_t n_clients;
	char *packet; /* room for one, of NET_PACKET_MAX bytes */
};

static void client_free(struct client *c)
{
	TAILQ_REMOVE(&c->server->clients, c, link);
	c->server->n_clients--;
	source_free(c->source);
	fd_close(&c->fd);
	free(c);
}

static void call_free(struct call *call)
{
	net_request_reset(&call->rq);
	fd_close(&call->fd);
	fd_close(&call->conn);
	free(call);
}

static void send_answer(struct call *call, const char *text, int fd)
{
	int r;

	/* There was no memory for the answer: the end of the connection says as much. */
	if (!text)
		return;
	r = unix_send(call->conn, text, strlen(text), fd);
	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		log_warning("an answer could not be sent: %s", strerror(-r));
}

void call_answer_text(struct call *call, char *text, int fd)
{
	send_answer(call, text, fd);
	free(text);
	call_free(call);
}

void call_answer(struct call *call, const struct net_answer *answer, int fd)
{
	call_answer_text(call, net_answer_write(answer), fd);
}

void call_refuse(struct call *call, const struct err *err)
{
	call_answer_text(call, net_refusal_write(err), -1);
}

void call_end(struct call *call, int r, const struct err *err)
{
	if (r < 0)
		call_refuse(call, err);
	else
		call_answer(call, &(struct net_answer){ 0 }, -1);
}

/* A client that has asked may only go: whatever else it sends is not read. */
static int client_gone(struct source *s, int fd, uint32_t events, void *arg)
{
	(void)s;
	(void)fd;
	if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		client_free(arg);
	return 0;
}

static struct client *client_new(struct server *s, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return NULL;
	}
	c->server = s;
	c->fd = fd;
	TAILQ_INSERT_TAIL(&s->clients, c, link);
	s->n_clients++;
	return c;
}

void call_watch(struct call *call)
{
	struct server *s = call->server;
	struct client *c;

	send_answer(call, "{\"ok\":true}", -1);
	c = client_new(s, take_fd(&call->conn));
	if (c && loop_add_io(s->keeper->loop, c->fd, EPOLLRDHUP, client_gone, c, &c->source) < 0)
		client_free(c);
	else if (c)
		c->watches = true;
	call_free(call);
}

void server_tell(struct server *s, const struct net_event *e)
{
	cleanup_free char *text = net_event_write(e);
	struct client *c = TAILQ_FIRST(&s->clients);

	while (text && c) {
		struct client *next = TAILQ_NEXT(c, link);

		if (c->watches && unix_send(c->fd, text, strlen(text), -1) < 0)
			client_free(c);
		c = next;
	}
}

bool server_watched(const struct server *s)
{
	const struct client *c;

	TAILQ_FOREACH (c, &s->clients, link)
		if (c->watches)
			return true;
	return false;
}

static void handle_call(struct server *s, struct call *call, size_t len)
{
	struct err err = { 0 };

	if (net_request_read(s->packet, len, &call->rq, &err) < 0)
		call_refuse(call, &err);
	else
		handle(s->keeper, call);
}

static int client_readable(struct source *source, int fd, uint32_t events, void *arg)
{
	struct client *c = arg;
	struct server *s = c->server;
	struct call *call;
	int along = -1;
	ssize_t n;

	(void)source;
	(void)events;
	n = unix_recv(fd, s->packet, NET_PACKET_MAX, &along);
	if (n == -EAGAIN)
		return 0;
	call = n > 0 ? calloc(1, sizeof(*call)) : NULL;
	if (!call) {
		fd_close(&along);
		client_free(c);
		return 0;
	}
	call->server = s;
	call->fd = along;
	call->conn = take_fd(&c->fd);
	client_free(c);
	handle_call(s, call, (size_t)n);
	return 0;
}

static bool may_ask(const struct server *s, int fd)
{
	uid_t uid;

	return unix_peer_uid(fd, &uid) == 0 && uid == s->owner;
}

/* Makes room by closing a connection that has asked for nothing. */
static void make_room(struct server *s)
{
	struct client *c;

	if (s->n_clients < CLIENTS_MAX)
		return;
	TAILQ_FOREACH (c, &s->clients, link) {
		if (!c->watches) {
			client_free(c);
			return;
		}
	}
	client_free(TAILQ_FIRST(&s->clients));
}

static int client_acceptable(struct source *source, int listen_fd, uint32_t events, void *arg)
{
	struct server *s = arg;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c;

	(void)source;
	(void)events;
	if (fd < 0)
		return 0;
	if (!may_ask(s, fd)) {
		close(fd);
		return 0;
	}
	make_room(s);
	c = client_new(s, fd);
	if (c && loop_add_io(s->keeper->loop, c->fd, EPOLLIN, client_readable, c, &c->source) < 0)
		client_free(c);
	return 0;
}

int server_new(struct keeper *k, int listen_fd, uid_t owner, struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct server){ .keeper = k, .fd = -1, .owner = owner };
	TAILQ_INIT(&s->clients);
	s->packet = malloc(NET_PACKET_MAX);
	r = s->packet ? fd_set_nonblock(listen_fd, true) : -ENOMEM;
	if (r == 0)
		r = loop_add_io(k->loop, listen_fd, EPOLLIN, client_acceptable, s, &s->source);
	if (r < 0) {
		server_free(s);
		return r;
	}
	s->fd = listen_fd;
	*ret = s;
	return 0;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	while (!TAILQ_EMPTY(&s->clients))
		client_free(TAILQ_FIRST(&s->clients));
	source_free(s->source);
	fd_close(&s->fd);
	free(s->packet);
	free(s);
}

/* Whoever started this process asks at once, but may wait for a processor before. */
#define REFUSE_MSEC	 10000
#define REFUSE_MORE_MSEC 500

void server_refuse(int listen_fd, const struct err *err)
{
	cleanup_free char *text = net_refusal_write(err);
	int timeout_msec = REFUSE_MSEC;
	char request[64];

	while (text && fd_wait(listen_fd, POLLIN, timeout_msec) > 0) {
		cleanup_close int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return;
		timeout_msec = REFUSE_MORE_MSEC;
		/* The request is read before the end, whatever it is: closing with something unread
		 * would take the answer along. */
		if (fd_wait(fd, POLLIN, REFUSE_MORE_MSEC) > 0 &&
		    recv(fd, request, sizeof(request), 0) > 0)
			unix_send(fd, text, strlen(text), -1);
	}
}
