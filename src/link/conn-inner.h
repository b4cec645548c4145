/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/books.h"
#include "link/conn.h"
#include "link/queue.h"

/* A connection, for its own files. */

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

/** conn_handle_input() - hand out every complete frame in the input buffer (conn-receive.c).
 * Return: 0; -EBADMSG, -errno where the link is to be broken. */
int conn_handle_input(struct link_conn *c);

/** conn_notify_writable() - tell the handler of channels that may send again */
void conn_notify_writable(struct link_conn *c);
