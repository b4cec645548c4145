/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/conn.h"

/* One channel of a process's output: from a pipe or terminal to the link, as far as there is
 * credit. */
struct output {
	struct loop *loop;
	struct link_conn *link;
	uint32_t stream;
	enum link_channel channel;
	int fd;		       /* owned; -1: not open yet, or closed */
	struct source *source; /* NULL: not watched, for want of credit */
	bool is_finishing;
	size_t left; /* when finishing: bytes still to send */
	/** ended() - the output has ended and is closed; may free it; NULL: nobody wants to know.
	 * Return: 0; -errno of the link. */
	int (*ended)(struct output *o);
};

/** output_open() - begin.  @fd: non-blocking, taken over.  Return: 0; -errno. */
int output_open(struct output *o, int fd);

/** output_ready() - the host has granted credit.  Return: 0; -errno of the link. */
int output_ready(struct output *o);

/**
 * output_finish() - the process has ended: send what is there now, and nothing that comes later
 *
 * Return: 0; -errno of the link.  The output is closed, now or when the credit came.
 */
int output_finish(struct output *o);

/** output_close() - close it, and drop bytes that are left */
void output_close(struct output *o);
