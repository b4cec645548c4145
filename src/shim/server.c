/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A connection is read once; then it waits for its answer, watches, holds, or
 * is closed.  Nothing is ever queued here: an answer is the first packet into an empty socket, and
 * a watcher whose socket is full is dropped, so nobody can hold the shim up.
 */
#include "shim/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/unix.h"
#include "control/answer.h"

#define CONNS_MAX  512
#define PAUSE_USEC (100 * USEC_PER_MSEC)

struct conn {
	LIST_ENTRY(conn) entry;
	struct server *server;
	int fd;
	struct source *io;
	bool asked, watching, holding;
	unsigned pass; /* the server's last one in which it was asked */
	void (*gone)(void *arg, struct conn *conn); /* the handler's that has yet to answer */
	void *arg;
};

struct server {
	struct loop *loop;
	const struct server_handler *handler;
	void *arg;
	int listen_fd;
	struct source *listener;
	struct source *pause; /* while accepting stands still, for want of descriptors */
	LIST_HEAD(, conn) conns;
	size_t n_conns, n_holds, n_watches;
	unsigned pass;
};

void server_forget(struct conn *conn)
{
	struct server *s = conn->server;
	bool held = conn->holding;

	if (conn->gone)
		conn->gone(conn->arg, conn);
	LIST_REMOVE(conn, entry);
	s->n_conns--;
	s->n_holds -= held;
	s->n_watches -= conn->watching;
	source_free(conn->io);
	close(conn->fd);
	free(conn);
	if (held)
		s->handler->released(s->arg);
}

/* Return: 0; -errno, -EAGAIN when the peer does not keep up. */
static int send_text(const struct conn *conn, const char *text)
{
	if (!text)
		return -ENOMEM;
	return send(conn->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void server_answer_text(struct conn *conn, const char *text)
{
	(void)send_text(conn, text);
	server_forget(conn);
}

void server_answer_fd(struct conn *conn, const char *text, int fd)
{
	if (text)
		(void)unix_send(conn->fd, text, strlen(text), fd);
	server_forget(conn);
}

void server_answer(struct conn *conn, const struct err *err)
{
	cleanup_free char *text = answer_write(err);

	server_answer_text(conn, text);
}

void server_wait(struct conn *conn, void (*gone)(void *arg, struct conn *conn), void *arg)
{
	conn->gone = gone;
	conn->arg = arg;
}

void server_hold(struct conn *conn)
{
	cleanup_free char *text = answer_write(NULL);

	conn->holding = true;
	conn->server->n_holds++;
	if (send_text(conn, text) < 0)
		server_forget(conn);
}

bool server_is_held(const struct server *s)
{
	return s->n_holds > 0;
}

void server_watch(struct conn *conn)
{
	conn->watching = true;
	conn->server->n_watches++;
}

bool server_is_watched(const struct server *s)
{
	return s->n_watches > 0;
}

bool server_tell(struct conn *conn, char *event)
{
	cleanup_free char *text = event;
	int r = send_text(conn, text);

	if (r == -EAGAIN)
		log_warning("a watcher does not read its events, and is dropped");
	if (r < 0)
		server_forget(conn);
	return r == 0;
}

void server_tell_all(struct server *s, char *event)
{
	cleanup_free char *text = event;
	struct conn *conn, *next;

	LIST_FOREACH_SAFE (conn, &s->conns, entry, next)
		if (conn->watching)
			(void)server_tell(conn, text ? strdup(text) : NULL);
}

static void handle_packet(struct conn *conn, const char *text, size_t len, int *fds)
{
	cleanup(control_request_reset) struct control_request request = { 0 };
	struct err err = { .code = -ENOMEM, .msg = "out of memory" };
	int r = control_request_read(text, len, &request, &err);

	conn->asked = true;
	if (r < 0)
		server_answer(conn, &err);
	else
		conn->server->handler->request(conn->server->arg, conn, &request, fds);
}

static void close_fds(int (*fds)[CONTROL_FDS_MAX])
{
	for (size_t i = 0; i < CONTROL_FDS_MAX; i++)
		fd_close(&(*fds)[i]);
}

static void receive_request(struct conn *conn)
{
	char text[CONTROL_PACKET_MAX];
	cleanup(close_fds) int fds[CONTROL_FDS_MAX] = { -1, -1 };
	ssize_t n = unix_recv_fds(conn->fd, text, sizeof(text), fds, CONTROL_FDS_MAX);
	struct err err;

	if (n == -EAGAIN)
		return;
	if (n == -EMSGSIZE) {
		err_set(&err, -EMSGSIZE, "the request is longer than %u bytes", CONTROL_PACKET_MAX);
		server_answer(conn, &err);
		return;
	}
	if (n <= 0 || source_set_events(conn->io, 0) < 0) {
		server_forget(conn);
		return;
	}
	handle_packet(conn, text, (size_t)n, fds);
}

static int on_conn(struct source *s, int fd, uint32_t events, void *arg)
{
	struct conn *conn = arg;

	(void)s, (void)fd;
	if (events & EPOLLIN)
		receive_request(conn);
	else
		server_forget(conn);
	return 0;
}

static bool is_allowed(int fd)
{
	uid_t uid;

	return unix_peer_uid(fd, &uid) == 0 && (uid == 0 || uid == geteuid());
}

/* Takes the descriptor over in any case. */
static int add_conn(struct server *s, int accepted)
{
	cleanup_close int fd = accepted;
	struct conn *conn;
	int r;

	if (s->n_conns >= CONNS_MAX || !is_allowed(fd))
		return -EPERM;
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		return -ENOMEM;
	r = loop_add_io(s->loop, fd, EPOLLIN, on_conn, conn, &conn->io);
	if (r < 0) {
		free(conn);
		return r;
	}
	conn->server = s;
	conn->fd = take_fd(&fd);
	LIST_INSERT_HEAD(&s->conns, conn, entry);
	s->n_conns++;
	return 0;
}

/* Return: 0, or -EAGAIN when nobody waits; -errno of accept4(2). */
static int accept_one(struct server *s)
{
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return errno == EINTR || errno == ECONNABORTED ? 0 : -errno;
	(void)add_conn(s, fd);
	return 0;
}

static int on_pause_over(struct source *source, void *arg)
{
	struct server *s = arg;

	(void)source;
	return source_set_events(s->listener, EPOLLIN);
}

static int on_listener(struct source *source, int fd, uint32_t events, void *arg)
{
	struct server *s = arg;
	int r = accept_one(s);

	(void)fd, (void)events;
	if (r == 0 || r == -EAGAIN)
		return 0;
	/* Descriptors or memory have run out, most likely: the connection stays in the queue,
	 * and accepting goes on later. */
	(void)source_set_events(source, 0);
	return source_set_timer(s->pause, PAUSE_USEC);
}

int server_new(struct loop *loop, int listen_fd, const struct server_handler *handler, void *arg,
	       struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->handler = handler;
	s->arg = arg;
	s->listen_fd = listen_fd;
	LIST_INIT(&s->conns);
	r = fd_set_nonblock(listen_fd, true);
	if (r == 0)
		r = loop_add_io(loop, listen_fd, EPOLLIN, on_listener, s, &s->listener);
	if (r == 0)
		r = loop_add_timer(loop, UINT64_MAX, on_pause_over, s, &s->pause);
	if (r < 0) {
		server_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void server_free(struct server *s)
{
	struct conn *conn;

	if (!s)
		return;
	while ((conn = LIST_FIRST(&s->conns))) {
		conn->holding = false; /* released() is not to be called */
		server_forget(conn);
	}
	source_free(s->listener);
	source_free(s->pause);
	free(s);
}

/* Return: a connection that was not asked yet in this pass.  The list is searched anew each
 * time, as what one asks for may close any other. */
static struct conn *next_silent(struct server *s)
{
	struct conn *conn;

	LIST_FOREACH (conn, &s->conns, entry)
		if (!conn->asked && conn->pass != s->pass)
			return conn;
	return NULL;
}

void server_serve_waiting(struct server *s)
{
	struct conn *conn;

	while (accept_one(s) == 0)
		;
	s->pass++;
	while ((conn = next_silent(s))) {
		conn->pass = s->pass;
		receive_request(conn);
	}
}
