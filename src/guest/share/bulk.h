/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "link/shares.h"

/*
 * Takes requests from the kernel, and of large writes not the data: they go from the kernel's pages
 * to the port.
 */

struct bulk {
	int pipe[2];	/* owned; -1: everything is read */
	unsigned looks; /* so many requests more come by the pipe */
	size_t left;	/* bytes in the pipe, that are to follow what was read */
};

/* Of the pipe: a page for what is in front of the data, and each of the data's. */
#define BULK_PIPE_BYTES (2 * (int)SHARES_WRITE_MAX)

/** bulk_port_takes_pages() - does the kernel give a pipe's pages to a port as they are? */
bool bulk_port_takes_pages(void);

/** bulk_init() - @pipe_bytes: 0: everything is read, as it is where there can be no pipe of that
 * size */
void bulk_init(struct bulk *b, int pipe_bytes);

void bulk_reset(struct bulk *b);

/**
 * bulk_take() - take a request, where nothing is left of the one before
 * @fuse_fd: the kernel's side; non-blocking
 * @ret:     of @size bytes, which is what read(2) wants of it; gets the request, or what is in
 *           front of its data
 *
 * Return: bytes; -errno as read(2) of it.
 */
ssize_t bulk_take(struct bulk *b, int fuse_fd, void *ret, size_t size);

/** bulk_pass() - what is left goes to the port.  Return: 0; -EAGAIN where it takes no more; -errno.
 */
int bulk_pass(struct bulk *b, int port_fd);
