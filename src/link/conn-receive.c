/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A frame is handed out when it is complete, a message in MORE frames when
 * its last frame is.  The owner may close streams and free the connection in a handler.
 *
 * The bytes come from the other end: on the host, from a hostile guest.  Anything that does not fit
 * breaks the link.
 */
#include "link/conn-inner.h"

#include <errno.h>

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

void conn_notify_writable(struct link_conn *c)
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
		conn_notify_writable(c);
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
	struct wire_view whole = { 0 };
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

int conn_handle_input(struct link_conn *c)
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
