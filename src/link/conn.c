/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What is sent goes behind a queue, which is written at once when it
 * was empty and else whenever the descriptor takes more (queue.c); so nothing here ever blocks. The
 * queue is bounded for data: link_credit() gives no more than there is room, and
 * writable() is called again when the queue has become short.  What comes is read in
 * pieces into one buffer and cut into frames there; a frame is handed out when it is
 * complete, a message in MORE frames when its last frame is.
 *
 * Handlers may send, open and close streams, and free the connection: `busy` tells
 * link_conn_free() that memory is still in use further up the stack.  broken() is only
 * called from the loop, never from inside a function the owner called.
 *
 * The bytes come from the other end: on the host, from a hostile guest.  Anything that does
 * not fit breaks the link.
 */
#include "link/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "link/books.h"
#include "link/queue.h"

#define READ_MAX   (LINK_PAYLOAD_MAX + LINK_HEADER_SIZE)
#define READ_SHORT 4096 /* bytes; a virtio-serial port gives one page at a time */

struct link_conn {
	int fd;
	struct source *source;
	const struct link_handler *handler;
	void *arg;
	struct buf in;
	struct link_queue out;
	struct buf message;
	bool in_message; /* MORE came, the rest has not */
	uint16_t message_container;
	uint32_t message_stream;
	struct link_books books;
	int error;	 /* of a write outside the loop's callback */
	bool want_write; /* the loop watches for EPOLLOUT */
	bool is_held;	 /* the queue waits for the next message, and not for the peer */
	bool is_broken;
	bool busy;
	bool is_freed;
};

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

static int flush(struct link_conn *c)
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
	return is_next ? flush(c) : watch_write(c);
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

static int handle_data(struct link_conn *c, const struct link_header *h, const void *data)
{
	struct link_channel_books *books = books_find(&c->books, h->stream, h->channel);
	int r;

	if (!books)
		return books_was_open(&c->books, h->stream) ? 0 : -EBADMSG;
	if (h->size == 0)
		return -EBADMSG;
	r = books_received(books, h->size);
	return r < 0 ? r : c->handler->data(c->arg, h->stream, h->channel, data, h->size);
}

static int handle_eof(struct link_conn *c, const struct link_header *h)
{
	struct link_channel_books *books = books_find(&c->books, h->stream, h->channel);
	int r;

	if (h->size != 0)
		return -EBADMSG;
	if (!books)
		return books_was_open(&c->books, h->stream) ? 0 : -EBADMSG;
	r = books_ended(books);
	return r < 0 ? r : c->handler->message(c->arg, h, (struct wire_view){ 0 });
}

static void notify_writable(struct link_conn *c)
{
	enum link_channel channel;
	uint32_t stream;

	while (!c->is_freed && books_next_notify(&c->books, &stream, &channel))
		c->handler->writable(c->arg, stream, channel);
}

static int handle_credit(struct link_conn *c, const struct link_header *h, struct wire_view payload)
{
	struct link_channel_books *books = books_find(&c->books, h->stream, h->channel);
	uint32_t credit;
	int r;

	if (wire_get_u32(&payload, &credit) < 0 || payload.len > 0)
		return -EBADMSG;
	if (!books)
		return books_was_open(&c->books, h->stream) ? 0 : -EBADMSG;
	r = books_credited(books, credit);
	if (r == 0)
		notify_writable(c);
	return r;
}

/* May a frame still come for this closed stream?  Both ends may close one at the same time. */
static bool is_late(const struct link_conn *c, uint32_t stream)
{
	return stream != 0 && !books_find(&c->books, stream, LINK_STDIN) &&
	       books_was_open(&c->books, stream);
}

static int hand_out(struct link_conn *c, const struct link_header *h, struct wire_view message)
{
	return is_late(c, h->stream) ? 0 : c->handler->message(c->arg, h, message);
}

/* A frame of a message: the whole of it, or its last piece after MORE. */
static int handle_message(struct link_conn *c, const struct link_header *h, struct wire_view piece)
{
	struct wire_view whole;
	int r;

	if (!c->in_message)
		return hand_out(c, h, piece);
	r = buf_add(&c->message, piece.data, piece.len);
	if (r < 0)
		return r;
	whole.data = (const unsigned char *)c->message.data;
	whole.len = c->message.len;
	c->in_message = false;
	r = hand_out(c, h, whole);
	buf_reset(&c->message);
	return r;
}

static int handle_more(struct link_conn *c, const struct link_header *h, const void *data)
{
	if (h->size == 0)
		return -EBADMSG;
	c->in_message = true;
	c->message_container = h->container;
	c->message_stream = h->stream;
	return buf_add(&c->message, data, h->size);
}

static int handle_frame(struct link_conn *c, const struct link_header *h, const unsigned char *data)
{
	struct wire_view payload = { .data = data, .len = h->size };
	bool is_plain = h->type == LINK_DATA || h->type == LINK_EOF || h->type == LINK_CREDIT;

	if (c->in_message &&
	    (is_plain || h->container != c->message_container || h->stream != c->message_stream))
		return -EBADMSG;
	if (c->message.len + h->size > LINK_MESSAGE_MAX)
		return -EBADMSG;
	switch (h->type) {
	case LINK_DATA:
		return handle_data(c, h, data);
	case LINK_EOF:
		return handle_eof(c, h);
	case LINK_CREDIT:
		return handle_credit(c, h, payload);
	case LINK_MORE:
		return handle_more(c, h, data);
	default:
		return handle_message(c, h, payload);
	}
}

/* Hands out every complete frame in the input buffer. */
static int handle_input(struct link_conn *c)
{
	const unsigned char *data = (const unsigned char *)c->in.data;
	size_t done = 0;
	int r = 0;

	while (r == 0 && !c->is_freed && c->in.len - done >= LINK_HEADER_SIZE) {
		struct link_header h;

		r = link_header_get(data + done, &h);
		if (r < 0 || c->in.len - done < LINK_HEADER_SIZE + (size_t)h.size)
			break;
		r = handle_frame(c, &h, data + done + LINK_HEADER_SIZE);
		done += LINK_HEADER_SIZE + (size_t)h.size;
	}
	buf_consume(&c->in, done);
	return r;
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
		int r = handle_input(c);

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
		notify_writable(c);
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
		r = flush(c);
	if (r == 0 && !c->is_freed && (events & EPOLLOUT))
		r = send_queued(c);
	if (r < 0 && !c->is_freed)
		break_link(c, r);
	c->busy = false;
	if (c->is_freed)
		conn_destroy(c);
	return 0;
}
