/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A connection is read once; then it waits for its answer, or watches, or is
 * closed.  Nothing is ever queued here: an answer is the first packet into an empty socket, and
 * a watcher whose socket is full is dropped, so nobody can hold the shim up.
 */
#include "shim/control.h"

#include <errno.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/unix.h"
#include "control/answer.h"
#include "shim/handle.h"
#include "shim/shim.h"

#define CONNS_MAX  512
#define PAUSE_USEC (100 * USEC_PER_MSEC)

struct conn {
	LIST_ENTRY(conn) entry;
	struct control *control;
	int fd;
	struct source *io;
	bool watching;
	struct process *waits_for;
};

struct control {
	struct shim *shim;
	int listen_fd;
	struct source *listener;
	struct source *pause; /* until there may be descriptors again */
	LIST_HEAD(, conn) conns;
	size_t n_conns;
};

void control_forget(struct conn *conn)
{
	if (conn->waits_for)
		conn->waits_for->waiter = NULL;
	query_forget(conn->control->shim, conn);
	LIST_REMOVE(conn, entry);
	conn->control->n_conns--;
	source_free(conn->io);
	close(conn->fd);
	free(conn);
}

/* Return: 0; -errno, -EAGAIN when the peer does not keep up. */
static int send_text(const struct conn *conn, const char *text)
{
	if (!text)
		return -ENOMEM;
	return send(conn->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void control_answer_text(struct conn *conn, const char *text)
{
	(void)send_text(conn, text);
	control_forget(conn);
}

void control_answer(struct conn *conn, const struct err *err)
{
	cleanup_free char *text = answer_write(err);

	control_answer_text(conn, text);
}

void control_wait(struct conn *conn, struct process *p)
{
	conn->waits_for = p;
	p->waiter = conn;
}

void control_watch(struct conn *conn, const char *text, const char *missed)
{
	conn->watching = true;
	if (send_text(conn, text) < 0 || (missed && send_text(conn, missed) < 0))
		control_forget(conn);
}

void control_event(struct control *c, const char *text)
{
	struct conn *conn, *next;

	for (conn = LIST_FIRST(&c->conns); conn; conn = next) {
		int r;

		next = LIST_NEXT(conn, entry);
		if (!conn->watching)
			continue;
		r = send_text(conn, text);
		if (r == -EAGAIN)
			log_warning("a watcher does not read its events, and is dropped");
		if (r < 0)
			control_forget(conn);
	}
}

static void handle_packet(struct conn *conn, const char *text, size_t len, int *fd)
{
	cleanup(control_request_reset) struct control_request request = { 0 };
	struct err err = { .code = -ENOMEM, .msg = "out of memory" };
	int r = control_request_read(text, len, &request, &err);

	if (r < 0)
		control_answer(conn, &err);
	else
		handle_request(conn->control->shim, conn, &request, fd);
}

static void receive_request(struct conn *conn)
{
	char text[CONTROL_PACKET_MAX];
	cleanup_close int fd = -1;
	ssize_t n = unix_recv(conn->fd, text, sizeof(text), &fd);
	struct err err;

	if (n == -EAGAIN)
		return;
	if (n == -EMSGSIZE) {
		err_set(&err, -EMSGSIZE, "the request is longer than %u bytes", CONTROL_PACKET_MAX);
		control_answer(conn, &err);
		return;
	}
	if (n <= 0 || source_set_events(conn->io, 0) < 0) {
		control_forget(conn);
		return;
	}
	handle_packet(conn, text, (size_t)n, &fd);
}

static int on_conn(struct source *s, int fd, uint32_t events, void *arg)
{
	struct conn *conn = arg;

	(void)s, (void)fd;
	if (events & EPOLLIN)
		receive_request(conn);
	else
		control_forget(conn);
	return 0;
}

static bool is_allowed(int fd)
{
	uid_t uid;

	return unix_peer_uid(fd, &uid) == 0 && (uid == 0 || uid == geteuid());
}

/* Takes the descriptor over in any case. */
static int add_conn(struct control *c, int accepted)
{
	cleanup_close int fd = accepted;
	struct conn *conn;
	int r;

	if (c->n_conns >= CONNS_MAX || !is_allowed(fd))
		return -EPERM;
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		return -ENOMEM;
	r = loop_add_io(c->shim->loop, fd, EPOLLIN, on_conn, conn, &conn->io);
	if (r < 0) {
		free(conn);
		return r;
	}
	conn->control = c;
	conn->fd = take_fd(&fd);
	LIST_INSERT_HEAD(&c->conns, conn, entry);
	c->n_conns++;
	return 0;
}

/* Return: 0, or -EAGAIN when nobody waits; -errno of accept4(2). */
static int accept_one(struct control *c)
{
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return errno == EINTR || errno == ECONNABORTED ? 0 : -errno;
	(void)add_conn(c, fd);
	return 0;
}

static int on_pause_over(struct source *s, void *arg)
{
	struct control *c = arg;

	(void)s;
	return source_set_events(c->listener, EPOLLIN);
}

static int on_listener(struct source *s, int fd, uint32_t events, void *arg)
{
	struct control *c = arg;
	int r = accept_one(c);

	(void)fd, (void)events;
	if (r == 0 || r == -EAGAIN)
		return 0;
	/* Out of descriptors or memory, most likely: the connection stays in the queue. */
	(void)source_set_events(s, 0);
	return source_set_timer(c->pause, PAUSE_USEC);
}

int control_new(struct shim *s, int listen_fd, struct control **ret)
{
	struct control *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->shim = s;
	c->listen_fd = listen_fd;
	LIST_INIT(&c->conns);
	r = fd_set_nonblock(listen_fd, true);
	if (r == 0)
		r = loop_add_io(s->loop, listen_fd, EPOLLIN, on_listener, c, &c->listener);
	if (r == 0)
		r = loop_add_timer(s->loop, UINT64_MAX, on_pause_over, c, &c->pause);
	if (r < 0) {
		control_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	while (!LIST_EMPTY(&c->conns))
		control_forget(LIST_FIRST(&c->conns));
	source_free(c->listener);
	source_free(c->pause);
	free(c);
}

void control_serve_waiting(struct control *c)
{
	struct conn *conn, *next;

	while (accept_one(c) == 0)
		;
	for (conn = LIST_FIRST(&c->conns); conn; conn = next) {
		next = LIST_NEXT(conn, entry);
		if (!conn->watching && !conn->waits_for)
			receive_request(conn);
	}
}
