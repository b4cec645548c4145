/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Writing to an inherited descriptor without ever blocking.  O_NONBLOCK cannot simply be set: it
 * belongs to the open file, which other processes share.
 */
struct output {
	int fd;	     /* what to poll for POLLOUT */
	bool opened; /* fd was opened here, and does not block */
	bool socket;
	bool regular;
};

/** output_open() - prepare to write to @fd, which stays the caller's and open */
void output_open(struct output *o, int fd);

/** output_close() - close what output_open() opened */
void output_close(struct output *o);

/** output_write() - Return: bytes written, 0 when it would block (poll for POLLOUT then);
 * -errno. */
ssize_t output_write(const struct output *o, const void *data, size_t len);
