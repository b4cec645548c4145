/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The main loop accepts, looks at the peer's credentials, and only then
 * gives the connection to libmicrohttpd, which runs it in a thread of its own.  How many there are
 * is bounded (connections.h).  A request becomes an exchange (exchange.c) as soon as its headers
 * are there.
 *
 * Any local process that can reach the socket controls what comes in; only the same user and
 * root get further than accept.
 */
#include "daemon/http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/unix.h"
#include "daemon/http/connections.h"
#include "daemon/http/exchange.h"

#define FILES_EACH		4u /* descriptors that moatd has for each connection */
#define PAUSE_USEC		(20 * USEC_PER_MSEC)
#define EXPIRY_USEC		(5 * USEC_PER_SEC)
#define CONNECTION_BUFFER_BYTES (64u << 10) /* request line, headers and reply headers */
#define STACK_BYTES		(1u << 20)  /* of address space; memory as far as it is used */

struct server {
	struct service service;
	int listen_fd;
	struct MHD_Daemon *mhd;
	struct source *accept;
	struct source *pause;  /* accepting stands still until there is room */
	struct source *expiry; /* ends connections that say nothing */
	struct connections connections;
};

/* May this process use the socket?  Its user must be ours, or root. */
static bool server_peer_allowed(int fd)
{
	uid_t peer;

	return unix_peer_uid(fd, &peer) == 0 && (peer == geteuid() || peer == 0);
}

static int on_pause_over(struct source *source, void *arg)
{
	struct server *s = arg;

	(void)source;
	return source_set_events(s->accept, EPOLLIN);
}

/* Stops accepting for a moment when connections, descriptors or memory have run out: the waiting
 * connection would make the loop call again at once. */
static int pause_accepting(struct server *s)
{
	(void)source_set_events(s->accept, 0);
	return source_set_timer(s->pause, PAUSE_USEC);
}

static int on_expiry(struct source *source, void *arg)
{
	struct server *s = arg;

	connections_expire(&s->connections, clock_mono_usec());
	return source_set_timer(source, EXPIRY_USEC);
}

/* Gives a socket to the library, which owns it from then on, even if it fails. */
static void hand_over_socket(struct server *s, int client)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (MHD_add_connection(s->mhd, client, (struct sockaddr *)&addr, sizeof(addr)) != MHD_YES)
		log_warning("a connection could not be served: %s", strerror(errno));
}

static int on_connection(struct source *source, int fd, uint32_t events, void *arg)
{
	struct server *s = arg;
	cleanup_close int client = -1;

	(void)source;
	(void)events;
	if (connections_full(&s->connections))
		return pause_accepting(s);
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED
			       ? 0
			       : pause_accepting(s);
	if (!server_peer_allowed(client))
		log_warning("a connection of another user was refused");
	else if (connections_add(&s->connections, client) == 0)
		hand_over_socket(s, take_fd(&client));
	return 0;
}

static void on_notice(void *cls, struct MHD_Connection *conn, void **context,
		      enum MHD_ConnectionNotificationCode code)
{
	struct server *s = cls;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = connection_started(&s->connections, info->connect_fd);
	else
		connection_closed(&s->connections, *context);
}

static struct connection *connection_of(struct MHD_Connection *conn)
{
	return MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* Counts one more request, or ends the exchange with the reason why it cannot be served. */
static void serve_exchange(struct server *s, struct exchange *x, struct MHD_Connection *conn)
{
	if (x->result == 0)
		x->result = connection_serve(&s->connections, connection_of(conn),
					     x->route->flags & ROUTE_STAYS, &x->err);
}

static struct exchange *begin_exchange(struct server *s, struct MHD_Connection *conn,
				       const char *method, const char *url)
{
	struct exchange *x = exchange_new(&s->service, conn, method, url);

	connection_heard(&s->connections, connection_of(conn));
	if (x && x->route && x->route->flags & ROUTE_UPLOAD) {
		serve_exchange(s, x, conn);
		exchange_begin_upload(x);
	}
	return x;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **state)
{
	struct server *s = cls;
	struct exchange *x = *state;

	(void)version;
	if (!x) {
		*state = begin_exchange(s, conn, method, url);
		return *state ? MHD_YES : MHD_NO;
	}
	if (*len > 0) {
		int r = exchange_data(x, data, *len);

		*len = 0;
		return r < 0 ? MHD_NO : MHD_YES;
	}
	if (!x->uploading)
		serve_exchange(s, x, conn);
	return exchange_finish(x, conn);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **state,
			 enum MHD_RequestTerminationCode how)
{
	struct server *s = cls;
	struct exchange *x = *state;
	bool passed_on = x && x->passed_on;

	(void)how;
	exchange_free(x);
	*state = NULL;
	connection_served(&s->connections, connection_of(conn), passed_on);
}

/* How many connections to allow: fewer where moatd may have few descriptors, as containers need
 * some, too. */
static unsigned connections_allowed(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur / FILES_EACH > CONNECTIONS_MAX)
		return CONNECTIONS_MAX;
	return (unsigned)files.rlim_cur / FILES_EACH;
}

static struct MHD_Daemon *start_library(struct server *s)
{
	return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
					MHD_USE_POLL | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET |
					MHD_ALLOW_UPGRADE,
				0, NULL, NULL, on_request, s, MHD_OPTION_NOTIFY_COMPLETED,
				on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_notice, s,
				MHD_OPTION_CONNECTION_LIMIT, 2 * CONNECTIONS_MAX,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BUFFER_BYTES,
				MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_END);
}

int server_new(struct loop *loop, int listen_fd, const struct service *service, struct server **ret,
	       struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));
	int r = s ? fd_set_nonblock(listen_fd, true) : err_nomem(err);

	if (r < 0) {
		free(s);
		return err_errno(err, r, "HTTP server");
	}
	s->service = *service;
	s->listen_fd = listen_fd;
	connections_init(&s->connections, connections_allowed());
	s->mhd = start_library(s);
	r = s->mhd ? loop_add_timer(loop, UINT64_MAX, on_pause_over, s, &s->pause) : -EIO;
	if (r == 0)
		r = loop_add_timer(loop, EXPIRY_USEC, on_expiry, s, &s->expiry);
	if (r == 0)
		r = loop_add_io(loop, listen_fd, EPOLLIN, on_connection, s, &s->accept);
	if (r < 0) {
		source_free(s->pause);
		source_free(s->expiry);
		free(s);
		return err_errno(err, r, "HTTP server");
	}
	*ret = s;
	return 0;
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	source_free(take_ptr(s->pause));
	source_free(take_ptr(s->expiry));
	source_free(take_ptr(s->accept));
}
