/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A relay is two directions between the client and one end of a socket pair,
 * each with a buffer; a direction ends with its source's half-close, which is passed on, and the
 * thread ends with both directions.  Both sides are non-blocking, so neither can stall the other.
 */
#include "base/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/thread.h"

#define RELAY_BYTES 16384u

struct direction {
	int from, to;
	struct buf data;
	bool ended; /* the source sends no more; passed on when the data is out */
	bool done;
};

struct relay {
	struct direction in, out;
	bool hung_up; /* the client is gone */
};

void relay_free(struct relay *r)
{
	close(r->in.from);
	close(r->in.to);
	buf_reset(&r->in.data);
	buf_reset(&r->out.data);
	free(r);
}

static void pump_direction(struct direction *dir, short from_events, short to_events)
{
	ssize_t n;

	if (from_events && !dir->ended && dir->data.len < RELAY_BYTES) {
		n = buf_read_fd(&dir->data, dir->from, RELAY_BYTES);
		if (n == 0 || (n < 0 && n != -EAGAIN && n != -EINTR))
			dir->ended = true;
	}
	if (dir->data.len > 0 && (to_events & (POLLOUT | POLLERR | POLLHUP))) {
		n = send(dir->to, dir->data.data, dir->data.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			buf_consume(&dir->data, (size_t)n);
		else if (errno != EAGAIN && errno != EINTR) {
			buf_reset(&dir->data);
			dir->ended = dir->done = true;
		}
	}
	if (dir->ended && dir->data.len == 0 && !dir->done) {
		shutdown(dir->to, SHUT_WR);
		dir->done = true;
	}
}

static short wanted(const struct direction *reads, const struct direction *writes)
{
	int events = 0;

	if (!reads->ended && !reads->done && reads->data.len < RELAY_BYTES)
		events |= POLLIN;
	if (writes->data.len > 0)
		events |= POLLOUT;
	return (short)events;
}

static void *run_thread(void *arg)
{
	struct relay *r = arg;

	/* Without output there is nothing left to relay for. */
	while (!r->out.done) {
		struct pollfd p[2] = {
			{ .fd = r->in.from, .events = wanted(&r->in, &r->out) },
			{ .fd = r->in.to, .events = wanted(&r->out, &r->in) },
		};

		/* A client that is gone is reported while nothing is read from it.  One report is
		 * enough where bytes it sent before have to go first. */
		if (!p[0].events && !r->in.done && (r->in.ended || r->hung_up))
			p[0].fd = -1;
		if (!p[1].events)
			p[1].fd = -1;
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		r->hung_up = r->hung_up || (p[0].revents & (POLLHUP | POLLERR));
		pump_direction(&r->in, p[0].revents, p[1].revents);
		pump_direction(&r->out, p[1].revents, p[0].revents);
		if (r->in.done && (p[0].revents & (POLLHUP | POLLERR)))
			break;
	}
	relay_free(r);
	return NULL;
}

int relay_new(int fd, struct relay **ret)
{
	struct relay *r = calloc(1, sizeof(*r));
	int pair[2], code;

	if (!r || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		code = r ? -errno : -ENOMEM;
		free(r);
		close(fd);
		return code;
	}
	r->in = (struct direction){ .from = fd, .to = pair[0] };
	r->out = (struct direction){ .from = pair[0], .to = fd };
	code = fd_set_nonblock(fd, true);
	if (code < 0) {
		relay_free(r);
		close(pair[1]);
		return code;
	}
	*ret = r;
	return pair[1];
}

int relay_feed(struct relay *r, const void *data, size_t len)
{
	return buf_add(&r->in.data, data, len);
}

int relay_start(struct relay *r, pthread_t *ret)
{
	int code = thread_start(ret, run_thread, r);

	if (code < 0)
		relay_free(r);
	return code;
}
