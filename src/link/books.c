/* SPDX-License-Identifier: Apache-2.0 */
#include "link/books.h"

#include <errno.h>
#include <stdlib.h>

/* Grants below this are gathered into one CREDIT, unless the peer has less credit left than this.
 */
#define GRANT_MIN (LINK_WINDOW / 4)

void books_free(struct link_books *b)
{
	while (b->streams) {
		struct link_stream_books *s = b->streams;

		b->streams = s->next;
		free(s);
	}
}

static struct link_stream_books *find_stream(const struct link_books *b, uint32_t stream)
{
	struct link_stream_books *s = b->streams;

	while (s && s->stream != stream)
		s = s->next;
	return s;
}

int books_open(struct link_books *b, uint32_t stream)
{
	struct link_stream_books *s;

	if (find_stream(b, stream))
		return -EEXIST;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->stream = stream;
	s->next = b->streams;
	b->streams = s;
	if (!b->any || stream > b->newest)
		b->newest = stream;
	b->any = true;
	return 0;
}

void books_close(struct link_books *b, uint32_t stream)
{
	for (struct link_stream_books **at = &b->streams; *at; at = &(*at)->next) {
		struct link_stream_books *s = *at;

		if (s->stream == stream) {
			*at = s->next;
			free(s);
			return;
		}
	}
}

struct link_channel_books *books_find(const struct link_books *b, uint32_t stream,
				      enum link_channel channel)
{
	struct link_stream_books *s = find_stream(b, stream);

	return s ? &s->channels[channel] : NULL;
}

bool books_was_open(const struct link_books *b, uint32_t stream)
{
	return b->any && stream <= b->newest;
}

void books_notify_all(struct link_books *b)
{
	for (struct link_stream_books *s = b->streams; s; s = s->next)
		for (unsigned i = 0; i < LINK_CHANNELS; i++)
			s->channels[i].to_notify = s->channels[i].may_send > 0;
}

bool books_next_notify(struct link_books *b, uint32_t *ret_stream, enum link_channel *ret_channel)
{
	for (struct link_stream_books *s = b->streams; s; s = s->next) {
		for (unsigned i = 0; i < LINK_CHANNELS; i++) {
			if (!s->channels[i].to_notify)
				continue;
			s->channels[i].to_notify = false;
			*ret_stream = s->stream;
			*ret_channel = (enum link_channel)i;
			return true;
		}
	}
	return false;
}

int books_received(struct link_channel_books *c, size_t len)
{
	if (len > c->may_come || c->ended)
		return -EBADMSG;
	c->may_come -= (uint32_t)len;
	return 0;
}

int books_ended(struct link_channel_books *c)
{
	if (c->ended)
		return -EBADMSG;
	c->ended = true;
	return 0;
}

int books_credited(struct link_channel_books *c, uint32_t len)
{
	if (len > LINK_WINDOW - c->may_send)
		return -EBADMSG;
	c->may_send += len;
	c->to_notify = true;
	return 0;
}

int books_grant(struct link_channel_books *c, size_t len, uint32_t *ret)
{
	*ret = 0;
	if (len > LINK_WINDOW - c->may_come - c->owed)
		return -EINVAL;
	c->owed += (uint32_t)len;
	if (c->ended || (c->owed < GRANT_MIN && c->owed <= c->may_come))
		return 0;
	*ret = c->owed;
	c->may_come += c->owed;
	c->owed = 0;
	return 0;
}
