/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/frame.h"
#include "loop/loop.h"

/*
 * One end of the guest link on a loop: cuts the stream into messages (joining MORE), queues what
 * is sent until the descriptor takes it, and keeps the credit books of every (stream, channel).
 */
struct link_conn;

/* Handlers may call everything here, link_conn_free() too; they are only called from the loop. */
struct link_handler {
	/**
	 * message() - one whole message other than DATA and CREDIT (EOF included)
	 * @payload: valid until the return
	 *
	 * Whether the message makes sense here and now is for the handler to judge.
	 *
	 * Return: 0; a negative errno breaks the link, as a malformed message does.
	 */
	int (*message)(void *arg, const struct link_header *h, struct wire_view payload);

	/**
	 * data() - bytes of a channel, at least one, within the credit
	 *
	 * The receiver owes link_grant() for them once they are passed on.
	 *
	 * Return: 0; a negative errno breaks the link.
	 */
	int (*data)(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		    size_t len);

	/** writable() - link_credit() of a channel has grown */
	void (*writable)(void *arg, uint32_t stream, enum link_channel channel);

	/** broken() - the link ended, for good: @code 0 at the end of the stream, else -errno */
	void (*broken)(void *arg, int code);
};

/**
 * link_conn_new() - take over one end of the link
 * @fd:      owned by the connection from success on; made non-blocking
 * @handler: borrowed
 * @ret:     owned, link_conn_free()
 *
 * Return: 0; -ENOMEM; -errno of fcntl(2) and epoll_ctl(2).
 */
int link_conn_new(struct loop *l, int fd, const struct link_handler *handler, void *arg,
		  struct link_conn **ret);

/** link_conn_free() - close it, with what is queued lost; NULL is accepted */
void link_conn_free(struct link_conn *c);

/**
 * link_send() - queue one message, split into MORE where it is long
 * @h: what it is and for whom; its size is set here
 *
 * Return: 0; -EMSGSIZE past LINK_MESSAGE_MAX; -ENOBUFS when the peer has not read more than that
 * already; -ENOMEM; -EPIPE after broken().
 */
int link_send(struct link_conn *c, struct link_header h, const void *payload, size_t len);

/** link_send_along() - as link_send(), but sent together with the next message: each write is dear
 * to an emulated guest.  From a handler it goes at the latest when all that was received is
 * handled; elsewhere something must follow. */
int link_send_along(struct link_conn *c, struct link_header h, const void *payload, size_t len);

/**
 * link_open() - begin the credit books of a stream
 *
 * Needed before data may flow on it in either direction.
 *
 * Return: 0; -EEXIST; -ENOMEM.
 */
int link_open(struct link_conn *c, uint32_t stream);

/** link_close() - forget a stream's books; what is still on its way to us for it is dropped */
void link_close(struct link_conn *c, uint32_t stream);

/** link_credit() - bytes link_data() takes on a channel now; 0 for a stream that is not open */
size_t link_credit(const struct link_conn *c, uint32_t stream, enum link_channel channel);

/**
 * link_data() - queue bytes within the credit
 *
 * Return: 0; -EAGAIN when @len is more than link_credit(); -ENOMEM; -EPIPE after broken().
 */
int link_data(struct link_conn *c, uint32_t stream, enum link_channel channel, const void *data,
	      size_t len);

/**
 * link_grant() - allow the peer @len more bytes on a channel; small grants are gathered
 *
 * Return: 0; -ENOENT when the stream is not open; -EINVAL when the peer would have more than
 * LINK_WINDOW; -ENOBUFS, -ENOMEM and -EPIPE as link_send().
 */
int link_grant(struct link_conn *c, uint32_t stream, enum link_channel channel, size_t len);

/** link_pending() - bytes queued and not yet written; 0: all is out */
size_t link_pending(const struct link_conn *c);
