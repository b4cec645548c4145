/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct store;

/* A stream that may be compressed, and is decompressed while it is read.  The stream may come from
 * anybody, so moat-unpack decompresses it: a process that can do nothing else. */
struct inflate {
	int fd; /* the plain stream */
	bool is_compressed;
	pid_t pid;
	int status_fd;
};

#define INFLATE_INIT ((struct inflate){ .fd = -1, .status_fd = -1 })

/**
 * inflate_open() - begin to read a stream
 * @fd:  a pipe; borrowed, and read by moat-unpack where it is compressed
 * @ret: inflate_close(), also on failure; INFLATE_INIT before
 *
 * gzip, bzip2, xz and zstd are known by their first bytes.
 *
 * Return: 0; -errno with a message.
 */
int inflate_open(struct store *st, int fd, struct inflate *ret, struct err *err);

/**
 * inflate_end() - end after the stream was read, to its end or as far as wanted
 *
 * Return: 0; -EBADMSG for a stream that was not right; -errno; with a message.
 */
int inflate_end(struct inflate *in, struct err *err);

void inflate_close(struct inflate *in);
