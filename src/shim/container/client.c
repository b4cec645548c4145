/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Output is queued and sent as far as the descriptor takes it; the owner
 * learns how far that is, and grants the guest credit for it.  Input is read only when the owner
 * asks, in pieces it has credit for.
 *
 * Three ends are told apart.  End of file on reading is the end of input and nothing else.  A
 * hangup or a failed write means that nobody takes output any more; input sent before is still
 * good. An error ends both.  A client at a terminal can say by keys that it leaves; they are looked
 * for in the input where it lies, and get no further.  At the end of output the sending side is
 * shut down first and what the other end still sends is thrown away until it closes: closing with
 * unread input would reset the connection, and with it output that has not been read.
 */
#include "shim/container/client.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define LINGER_USEC (2 * USEC_PER_SEC)

static int on_io(struct source *s, int fd, uint32_t events, void *arg);

int client_new(struct loop *l, int fd, const struct client_options *options,
	       const struct client_handler *handler, struct client **ret)
{
	struct client *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->loop = l;
	c->handler = handler;
	c->options = *options;
	c->out.framed = options->framed;
	c->input_ended = !options->wants[LINK_STDIN];
	r = fd_set_nonblock(fd, true);
	if (r == 0)
		r = loop_add_io(l, fd, 0, on_io, c, &c->io);
	if (r < 0) {
		free(c);
		return r;
	}
	c->fd = fd;
	*ret = c;
	return 0;
}

void client_free(struct client *c)
{
	source_free(c->io);
	source_free(c->linger);
	outq_reset(&c->out);
	close(c->fd);
	free(c);
}

bool client_busy(const struct client *c)
{
	size_t len;

	(void)outq_peek(&c->out, &len);
	return len > 0;
}

/* Asks for the events that matter now.  EPOLLRDHUP is never asked for: reading shows that the
 * other end closed its sending side, and that means the end of input only. */
static void update_events(struct client *c)
{
	bool input = (c->reading && !c->input_ended) || c->state == CLIENT_LINGERING;

	if (c->io)
		(void)source_set_events(c->io,
					(input ? EPOLLIN : 0u) | (client_busy(c) ? EPOLLOUT : 0u));
}

/* The other end takes no output any more.  Return: 0; -EPIPE where the client is of no other
 * use. */
static int lose_output(struct client *c)
{
	outq_reset(&c->out);
	if (c->state != CLIENT_OPEN || c->input_ended)
		return -EPIPE;
	c->state = CLIENT_DEAF;
	update_events(c);
	return 0;
}

/* The other end is closed.  Input that is left is read without waiting for events, because a
 * hangup would be reported for ever. */
static int hang_up(struct client *c)
{
	if (c->state != CLIENT_DEAF && lose_output(c) < 0)
		return -EPIPE;
	source_free(c->io);
	c->io = NULL;
	return 0;
}

static int on_linger_end(struct source *s, void *arg)
{
	struct client *c = arg;

	(void)s;
	c->handler->gone(c->arg, c);
	return 0;
}

/* Return: 0 while the other end has yet to close; -EPIPE where there is nothing to wait for. */
static int begin_linger(struct client *c)
{
	int r;

	if (shutdown(c->fd, SHUT_WR) < 0)
		return -EPIPE;
	r = loop_add_timer(c->loop, LINGER_USEC, on_linger_end, c, &c->linger);
	if (r < 0)
		return r;
	c->state = CLIENT_LINGERING;
	update_events(c);
	return 0;
}

/* Return: 0; a negative errno when the client is gone. */
static int flush_output(struct client *c)
{
	const char *data;
	size_t len = 0;

	while ((data = outq_peek(&c->out, &len))) {
		ssize_t n = write(c->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return lose_output(c);
		if (n < 0)
			break;
		outq_sent(&c->out, (size_t)n, c->taken);
	}
	if (len == 0 && c->state == CLIENT_FINISHING)
		return begin_linger(c);
	if (len == 0 && c->output_ended)
		(void)shutdown(c->fd, SHUT_WR);
	update_events(c);
	return 0;
}

int client_write(struct client *c, enum link_channel channel, const void *data, size_t len)
{
	int r;

	if (c->state != CLIENT_OPEN || !c->options.wants[channel])
		return 0;
	r = outq_add(&c->out, channel, data, len);
	return r < 0 ? r : flush_output(c);
}

uint64_t client_taken(const struct client *c, enum link_channel channel)
{
	return c->state == CLIENT_OPEN && c->options.wants[channel] ? c->taken[channel]
								    : UINT64_MAX;
}

void client_want_input(struct client *c, bool want)
{
	if (c->reading == want)
		return;
	c->reading = want;
	update_events(c);
}

/* Return: how many bytes are left without the keys; -EAGAIN where there are none yet. */
static ssize_t filter_detach_keys(struct client *c, char *data, size_t n)
{
	n = detach_keys_filter(&c->options.keys, data, n, &c->detached);
	if (c->detached)
		c->input_ended = true;
	return n > 0 || c->detached ? (ssize_t)n : -EAGAIN;
}

ssize_t client_read(struct client *c, char *data, size_t max)
{
	struct detach_keys *keys = &c->options.keys;
	ssize_t n;

	if (c->input_ended)
		return 0;
	do {
		n = keys->n ? read(c->fd, data + DETACH_KEYS_MAX, max - keys->held)
			    : read(c->fd, data, max);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n > 0)
		return keys->n ? filter_detach_keys(c, data, (size_t)n) : n;
	c->input_ended = true;
	update_events(c);
	return 0;
}

int client_end_output(struct client *c)
{
	c->output_ended = true;
	return c->state == CLIENT_OPEN ? flush_output(c) : 0;
}

int client_finish(struct client *c)
{
	if (c->state == CLIENT_FINISHING || c->state == CLIENT_LINGERING)
		return 0;
	if (c->state != CLIENT_OPEN)
		return -EPIPE;
	c->state = CLIENT_FINISHING;
	c->reading = false;
	return flush_output(c);
}

/* Throws away what the other end still sends.  Return: 0; -EPIPE when it has closed. */
static int discard_input(struct client *c)
{
	char waste[16384];
	ssize_t n = read(c->fd, waste, sizeof(waste));

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)) ? 0 : -EPIPE;
}

/* Return: 0; a negative errno when the client is gone. */
static int handle_events(struct client *c, uint32_t events)
{
	if (c->state == CLIENT_LINGERING)
		return discard_input(c);
	if (events & EPOLLERR)
		return -EPIPE;
	if (events & EPOLLHUP)
		return hang_up(c);
	return events & EPOLLOUT ? flush_output(c) : 0;
}

static int on_io(struct source *s, int fd, uint32_t events, void *arg)
{
	struct client *c = arg;

	(void)s, (void)fd;
	if (handle_events(c, events) < 0) {
		c->handler->gone(c->arg, c);
		return 0;
	}
	if (events & (EPOLLOUT | EPOLLHUP))
		c->handler->taken(c->arg, c);
	if (c->state == CLIENT_OPEN ? events & EPOLLIN && c->reading : c->state == CLIENT_DEAF)
		c->handler->readable(c->arg, c);
	return 0;
}
