/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Into the container: moatd hands over a listening socket of the host's and
 * says to which path in the container its clients are to be connected.  Out of it: the guest tells
 * of a connection to a socket it listens on, watchers are told, and moatd, who knows whom it is
 * for, answers with a connection of its own, or without; nobody's answer is waited for for ever.
 * This process connects to nothing.
 *
 * How many calls come, and when, is the guest's to decide, up to what the protocol allows.
 */
#include "shim/container/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "shim/container/containers.h"
#include "shim/container/event.h"
#include "shim/container/process-io.h"

#define LISTENERS_MAX	16u
#define CONNECTIONS_MAX 256u
#define CALL_USEC	(15 * USEC_PER_SEC)

struct listener {
	LIST_ENTRY(listener) entry;
	struct container *container;
	char *path; /* in the container */
	int fd;	    /* owned */
	struct source *source;
};

static size_t count_connections(const struct container *c)
{
	const struct process *p;
	size_t n = 0;

	LIST_FOREACH (p, &c->processes, entry)
		n += p->order == LINK_CONNECT;
	return n;
}

/* @fd: taken over on success. */
static int connect_client(struct container *c, const struct link_connect *what, int *fd)
{
	static const struct client_options options = {
		.wants = { [LINK_STDIN] = true, [LINK_STDOUT] = true }
	};
	struct oci_process *spec = calloc(1, sizeof(*spec));
	char target[CONTROL_TARGET_MAX + 1];
	struct process *p = NULL;
	int r;

	if (!spec)
		return -ENOMEM;
	spec->open_stdin = true;
	/* The name cannot be that of a request's target. */
	snprintf(target, sizeof(target), "~%u", c->all->last_stream);
	r = container_add_process(c, target, spec, &p);
	if (r < 0) {
		oci_process_free(spec);
		return r;
	}
	p->order = LINK_CONNECT;
	r = link_connect_put(&p->payload, what);
	if (r == 0)
		r = process_attach(p, *fd, &options);
	if (r == 0) {
		(void)take_fd(fd);
		r = process_spawn(p);
	}
	if (r < 0)
		container_drop_process(p);
	return r;
}

static int on_client(struct source *s, int fd, uint32_t events, void *arg)
{
	struct listener *l = arg;
	struct container *c = l->container;
	const struct link_connect what = { 0, l->path };
	cleanup_close int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)s;
	(void)events;
	if (client >= 0 && container_is_running(c) && count_connections(c) < CONNECTIONS_MAX)
		(void)connect_client(c, &what, &client);
	return 0;
}

static void free_listener(struct listener *l)
{
	LIST_REMOVE(l, entry);
	source_free(l->source);
	fd_close(&l->fd);
	free(l->path);
	free(l);
}

static size_t count_listeners(const struct sockets *s)
{
	const struct listener *l;
	size_t n = 0;

	LIST_FOREACH (l, &s->listeners, entry)
		n++;
	return n;
}

static int watch_listener(struct listener *l)
{
	return loop_add_io(l->container->all->loop, l->fd, EPOLLIN, on_client, l, &l->source);
}

int sockets_listen(struct container *c, const struct control_request *rq, int *fd, struct err *err)
{
	struct listener *l;
	int r;

	if (*fd < 0)
		return err_set(err, -EINVAL, "listen needs a descriptor");
	if (count_listeners(&c->sockets) >= LISTENERS_MAX)
		return err_set(err, -ENOSPC, "more than %u sockets", LISTENERS_MAX);
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_nomem(err);
	LIST_INSERT_HEAD(&c->sockets.listeners, l, entry);
	l->container = c;
	l->fd = -1;
	l->path = strdup(rq->path);
	r = l->path ? fd_set_nonblock(*fd, true) : -ENOMEM;
	l->fd = r == 0 ? *fd : -1;
	if (r == 0 && container_is_running(c))
		r = watch_listener(l);
	if (r < 0) {
		l->fd = -1;
		free_listener(l);
		return err_errno(err, r, "listen");
	}
	(void)take_fd(fd);
	return 0;
}

void sockets_started(struct container *c)
{
	struct listener *l;

	LIST_FOREACH (l, &c->sockets.listeners, entry)
		if (!l->source)
			(void)watch_listener(l);
}

static struct open_call *find_call(struct sockets *s, uint32_t number)
{
	for (size_t i = 0; i < LINK_CALLS_MAX; i++)
		if (s->calls[i].number == number)
			return &s->calls[i];
	return NULL;
}

static int refuse_call(struct container *c, struct open_call *call)
{
	const struct link_header h = { .type = LINK_CALL, .container = c->number };
	const struct link_call refused = { .number = call->number };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = link_call_put(&b, &refused);

	*call = (struct open_call){ 0 };
	return r < 0 ? r : link_send(guest_link(c->all->life->guest), h, b.data, b.len);
}

static int on_timer(struct source *source, void *arg)
{
	struct container *c = arg;
	uint64_t now = clock_mono_usec();
	bool left = false;

	for (size_t i = 0; i < LINK_CALLS_MAX; i++) {
		struct open_call *call = &c->sockets.calls[i];

		if (call->number && call->since_usec + CALL_USEC <= now)
			(void)refuse_call(c, call);
		left = left || call->number;
	}
	return left ? source_set_timer(source, CALL_USEC) : 0;
}

static int arm_timer(struct container *c)
{
	struct sockets *s = &c->sockets;

	return s->timer ? source_set_timer(s->timer, CALL_USEC)
			: loop_add_timer(c->all->loop, CALL_USEC, on_timer, c, &s->timer);
}

int sockets_called(struct container *c, const struct link_call *call)
{
	struct sockets *s = &c->sockets;
	struct open_call *place = find_call(s, 0);

	/* Numbers ascend, and no more may wait than there are places. */
	if (!place || call->number <= s->last_call ||
	    call->socket >= strv_len(c->runtime->options.sockets))
		return -EBADMSG;
	s->last_call = call->number;
	*place = (struct open_call){ call->number, clock_mono_usec() };
	if (!container_is_running(c) || !server_is_watched(c->all->server) || arm_timer(c) < 0)
		return refuse_call(c, place);
	server_tell_all(c->all->server, event_call(c, call));
	return 0;
}

int sockets_answer(struct container *c, const struct control_request *rq, int *fd, struct err *err)
{
	struct open_call *call = find_call(&c->sockets, rq->call);
	const struct link_connect what = { rq->call, (char[]){ "" } };
	int r;

	if (!call)
		return err_set(err, -ESRCH, "the connection waits no more");
	if (*fd < 0 || count_connections(c) >= CONNECTIONS_MAX) {
		r = refuse_call(c, call);
	} else {
		*call = (struct open_call){ 0 };
		r = connect_client(c, &what, fd);
	}
	return r < 0 ? err_errno(err, r, "connect") : 0;
}

void sockets_reset(struct container *c)
{
	struct sockets *s = &c->sockets;

	while (!LIST_EMPTY(&s->listeners))
		free_listener(LIST_FIRST(&s->listeners));
	source_free(s->timer);
	*s = (struct sockets){ 0 };
}
