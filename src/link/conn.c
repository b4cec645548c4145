/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What is sent goes behind a queue, which is written at once when it was
 * empty and else whenever the descriptor takes more (queue.c); so nothing here ever blocks.  The
 * queue is bounded for data: link_credit() gives no more than there is room, and writable() is
 * called again when the queue has become short.  What comes is read in pieces into one buffer,
 * where conn-receive.c cuts it into frames.
 *
 * Handlers may send, open and close streams, and free the connection: `busy` tells link_conn_free()
 * that memory is still in use further up the stack.  broken() is only called from the loop, never
 * from inside a function the owner called.
 */
#include "link/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "link/conn-inner.h"

#define READ_MAX   (LINK_PAYLOAD_MAX + LINK_HEADER_SIZE)
#define READ_SHORT 4096 /* bytes; a virtio-serial port gives one page at a time */

static int on_io(struct source *s, int fd, uint32_t events, void *arg);

int link_conn_new(struct loop *l, int fd, const struct link_handler *handler, void *arg,
		  struct link_conn **ret)
{
	struct link_conn *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->fd = fd;
	c->handler = handler;
	c->arg = arg;
	r = fd_set_nonblock(fd, true);
	if (r == 0)
		r = loop_add_io(l, fd, EPOLLIN, on_io, c, &c->source);
	if (r < 0) {
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

static void conn_destroy(struct link_conn *c)
{
	close(c->fd);
	books_free(&c->books);
	buf_reset(&c->in);
	buf_reset(&c->out.bytes);
	buf_reset(&c->message);
	free(c);
}

void link_conn_free(struct link_conn *c)
{
	if (!c)
		return;
	source_free(take_ptr(c->source));
	c->is_freed = true;
	if (!c->busy)
		conn_destroy(c);
}

size_t link_pending(const struct link_conn *c)
{
	return queue_pending(&c->out);
}

static int watch_write(struct link_conn *c)
{
	bool want = link_pending(c) > 0 || c->error < 0;
	int r;

	if (want == c->want_write)
		return 0;
	r = source_set_events(c->source, EPOLLIN | (want ? EPOLLOUT : 0));
	if (r == 0)
		c->want_write = want;
	return r;
}

static int flush_out(struct link_conn *c)
{
	c->is_held = false;
	if (c->error == 0)
		c->error = queue_flush(&c->out, c->fd);
	return watch_write(c);
}

static int send_frames(struct link_conn *c, enum link_type more, struct link_header last,
		       const void *payload, size_t len)
{
	bool is_next = link_pending(c) == 0 || c->is_held;
	int r = c->is_broken || c->is_freed ? -EPIPE
					    : queue_frames(&c->out, more, last, payload, len);

	if (r < 0)
		return r;
	return is_next ? flush_out(c) : watch_write(c);
}

int link_send_along(struct link_conn *c, struct link_header h, const void *payload, size_t len)
{
	bool is_first = link_pending(c) == 0;
	int r;

	if (!is_first)
		return link_send(c, h, payload, len);
	if (len > LINK_MESSAGE_MAX)
		return -EMSGSIZE;
	r = c->is_broken || c->is_freed ? -EPIPE
					: queue_frames(&c->out, LINK_MORE, h, payload, len);
	c->is_held = r == 0;
	return r;
}

int link_send(struct link_conn *c, struct link_header h, const void *payload, size_t len)
{
	if (len > LINK_MESSAGE_MAX)
		return -EMSGSIZE;
	return send_frames(c, LINK_MORE, h, payload, len);
}

int link_open(struct link_conn *c, uint32_t stream)
{
	return books_open(&c->books, stream);
}

void link_close(struct link_conn *c, uint32_t stream)
{
	books_close(&c->books, stream);
}

size_t link_credit(const struct link_conn *c, uint32_t stream, enum link_channel channel)
{
	const struct link_channel_books *books = books_find(&c->books, stream, channel);
	size_t pending = link_pending(c);
	size_t room = pending < QUEUE_MAX_BYTES ? QUEUE_MAX_BYTES - pending : 0;

	if (!books)
		return 0;
	return books->may_send < room ? books->may_send : room;
}

int link_data(struct link_conn *c, uint32_t stream, enum link_channel channel, const void *data,
	      size_t len)
{
	struct link_header h = { .type = LINK_DATA, .stream = stream, .channel = channel };
	int r;

	if (len == 0)
		return 0;
	if (len > link_credit(c, stream, channel))
		return -EAGAIN;
	r = send_frames(c, LINK_DATA, h, data, len);
	if (r == 0)
		books_find(&c->books, stream, channel)->may_send -= (uint32_t)len;
	return r;
}

int link_grant(struct link_conn *c, uint32_t stream, enum link_channel channel, size_t len)
{
	struct link_channel_books *books = books_find(&c->books, stream, channel);
	unsigned char payload[sizeof(uint32_t)];
	uint32_t credit;
	int r;

	if (!books)
		return -ENOENT;
	r = books_grant(books, len, &credit);
	if (r < 0 || credit == 0)
		return r;
	wire_store_u32(payload, credit);
	return link_send(
		c,
		(struct link_header){ .type = LINK_CREDIT, .stream = stream, .channel = channel },
		payload, sizeof(payload));
}

/* Return: 0; -ENODATA at the end of the stream; -errno. */
static int receive_frames(struct link_conn *c)
{
	ssize_t n;

	do {
		size_t room = READ_MAX - c->in.len;

		n = buf_read_fd(&c->in, c->fd, room);
	} while (n >= READ_SHORT && c->in.len < READ_MAX);
	if (n == -EAGAIN || n == -EINTR)
		n = 1;
	if (n >= 0 && c->in.len > 0) {
		int r = conn_handle_input(c);

		if (r < 0)
			return r;
	}
	if (n == 0)
		return -ENODATA;
	return n < 0 ? (int)n : 0;
}

static int send_queued(struct link_conn *c)
{
	size_t before = link_pending(c);
	int r = queue_flush(&c->out, c->fd);

	if (r == 0)
		r = watch_write(c);
	if (r == 0 && before > QUEUE_LOW_BYTES && link_pending(c) <= QUEUE_LOW_BYTES) {
		books_notify_all(&c->books);
		conn_notify_writable(c);
	}
	return r;
}

static void break_link(struct link_conn *c, int code)
{
	source_free(take_ptr(c->source));
	c->is_broken = true;
	c->handler->broken(c->arg, code == -ENODATA ? 0 : code);
}

static int on_io(struct source *s, int fd, uint32_t events, void *arg)
{
	struct link_conn *c = arg;
	int r = c->error;

	(void)s;
	(void)fd;
	c->busy = true;
	if (r == 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		r = receive_frames(c);
	if (r == 0 && !c->is_freed && c->is_held)
		r = flush_out(c);
	if (r == 0 && !c->is_freed && (events & EPOLLOUT))
		r = send_queued(c);
	if (r < 0 && !c->is_freed)
		break_link(c, r);
	c->busy = false;
	if (c->is_freed)
		conn_destroy(c);
	return 0;
}
