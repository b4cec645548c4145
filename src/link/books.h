/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link/frame.h"

/*
 * Flow control: the credit books of one end of the link.  For each open stream and channel they
 * say what we may still send, what the peer may still send (its window), and what we owe it.
 * Pure accounting; only conn.c uses it.
 */

struct link_channel_books {
	uint32_t may_send; /* granted by the peer, not yet used */
	uint32_t may_come; /* granted to the peer, not yet used */
	uint32_t owed;	   /* passed on here, not yet granted to the peer */
	bool ended;	   /* the peer sent EOF */
	bool to_notify;	   /* writable() is due */
};

struct link_stream_books {
	struct link_stream_books *next;
	uint32_t stream;
	struct link_channel_books channels[LINK_CHANNELS];
};

struct link_books {
	struct link_stream_books *streams;
	uint32_t newest; /* the highest stream ever opened; one above it was never open */
	bool any;
};

/** books_free() - forget every stream */
void books_free(struct link_books *b);

/** books_open() - begin a stream.  Return: 0; -EEXIST; -ENOMEM. */
int books_open(struct link_books *b, uint32_t stream);

/** books_close() - forget a stream; one that is not open is fine */
void books_close(struct link_books *b, uint32_t stream);

/** books_find() - a channel's books, borrowed until the stream is closed; NULL when it is not
 * open */
struct link_channel_books *books_find(const struct link_books *b, uint32_t stream,
				      enum link_channel channel);

/** books_was_open() - may frames for this closed stream still be on their way? */
bool books_was_open(const struct link_books *b, uint32_t stream);

/** books_notify_all() - mark every channel that has credit as due for writable() */
void books_notify_all(struct link_books *b);

/** books_next_notify() - take one channel off those due.  Return: false when there is none. */
bool books_next_notify(struct link_books *b, uint32_t *ret_stream, enum link_channel *ret_channel);

/**
 * books_received() - @len bytes came on a channel
 *
 * Return: 0; -EBADMSG beyond the credit, or after the end.
 */
int books_received(struct link_channel_books *c, size_t len);

/** books_ended() - EOF came on a channel.  Return: 0; -EBADMSG when it is not the first. */
int books_ended(struct link_channel_books *c);

/** books_credited() - the peer granted @len bytes.  Return: 0; -EBADMSG when that passes the
 * window. */
int books_credited(struct link_channel_books *c, uint32_t len);

/**
 * books_grant() - owe the peer @len more bytes
 * @ret: what is to be sent as CREDIT now; 0 while the debt is small against what the peer still has
 *
 * Return: 0; -EINVAL when that passes the window.
 */
int books_grant(struct link_channel_books *c, size_t len, uint32_t *ret);
