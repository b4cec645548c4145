/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The main loop accepts, looks at the peer's credentials, and only then
 * gives the connection to libmicrohttpd, which runs it in a thread of its own.  A request becomes
 * an exchange (exchange.c) as soon as its headers are there.
 *
 * Any local process that can reach the socket controls what comes in; only the same user and
 * root get further than accept.
 */
#include "daemon/http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/unix.h"
#include "daemon/http/exchange.h"

#define CONNECTIONS_MAX		1024u
#define PAUSE_USEC		(100 * USEC_PER_MSEC)
#define CONNECTION_BUFFER_BYTES (64u << 10) /* request line, headers and reply headers */
/* Address space, touched as needed: JSON 2048 levels deep, which a client may send, takes 620 KiB
 * to write. */
#define STACK_BYTES (1u << 20)

struct server {
	struct daemon *d;
	const struct route *routes;
	int listen_fd;
	struct MHD_Daemon *mhd;
	struct source *accept;
	struct source *pause; /* until there may be descriptors again */
};

bool server_peer_allowed(int fd)
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

/* Out of descriptors or memory: the connection stays in the queue, and would call at once again. */
static int pause_accepting(struct server *s)
{
	(void)source_set_events(s->accept, 0);
	return source_set_timer(s->pause, PAUSE_USEC);
}

static int on_connection(struct source *source, int fd, uint32_t events, void *arg)
{
	struct server *s = arg;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	cleanup_close int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)events;
	if (client < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED
			       ? 0
			       : pause_accepting(s);
	if (!server_peer_allowed(client)) {
		log_warning("a connection of another user was refused");
		return 0;
	}
	/* The library owns the socket from here on, also when it fails. */
	if (MHD_add_connection(s->mhd, take_fd(&client), (struct sockaddr *)&addr, sizeof(addr)) !=
	    MHD_YES)
		log_warning("a connection could not be served: %s", strerror(errno));
	return 0;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **state)
{
	struct server *s = cls;
	struct exchange *x = *state;

	(void)version;
	if (!x) {
		*state = exchange_new(s->d, s->routes, conn, method, url);
		return *state ? MHD_YES : MHD_NO;
	}
	if (*len > 0) {
		int r = exchange_data(x, data, *len);

		*len = 0;
		return r < 0 ? MHD_NO : MHD_YES;
	}
	return exchange_finish(x, conn);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **state,
			 enum MHD_RequestTerminationCode how)
{
	(void)cls;
	(void)conn;
	(void)how;
	exchange_free(*state);
	*state = NULL;
}

int server_new(struct daemon *d, int listen_fd, const struct route *routes, struct server **ret,
	       struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));
	int r = s ? fd_set_nonblock(listen_fd, true) : -ENOMEM;

	if (r < 0) {
		free(s);
		return err_errno(err, r, "HTTP server");
	}
	s->d = d;
	s->routes = routes;
	s->listen_fd = listen_fd;
	s->mhd = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
			MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_UPGRADE,
		0, NULL, NULL, on_request, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_BUFFER_BYTES, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
		MHD_OPTION_END);
	r = s->mhd ? loop_add_timer(d->loop, UINT64_MAX, on_pause_over, s, &s->pause) : -EIO;
	if (r == 0)
		r = loop_add_io(d->loop, listen_fd, EPOLLIN, on_connection, s, &s->accept);
	if (r < 0) {
		source_free(s->pause);
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
	source_free(take_ptr(s->accept));
}
