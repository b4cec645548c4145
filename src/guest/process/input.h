/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/conn.h"

/* A process's standard input: from the link to a pipe or terminal, as fast as that takes it. */
struct input {
	struct loop *loop;
	struct link_conn *link;
	uint32_t stream;
	bool is_tty;
	int fd;		       /* owned; -1: not open yet, or closed */
	struct source *source; /* while bytes wait for room */
	struct buf waiting;
	bool has_ended; /* the host sent EOF */
	bool is_socket; /* the other direction may go on after this one's end */
	/** ended() - the reader has closed it; may free it; NULL: nobody wants to know.  Return: 0;
	 * -errno of the link. */
	int (*ended)(struct input *in);
};

/** input_open() - begin, and grant the host a window.  @fd: non-blocking, taken over.  Return: 0;
 * -errno of the link. */
int input_open(struct input *in, int fd);

/**
 * input_write() - pass bytes on, and grant as many again when they are written
 *
 * Bytes for a closed input are dropped.
 *
 * Return: 0; -ENOMEM; -errno of the link.
 */
int input_write(struct input *in, const void *data, size_t len);

/** input_end() - close it when all is written; a terminal stays open */
void input_end(struct input *in);

/** input_close() - close it, and drop bytes that are left */
void input_close(struct input *in);
