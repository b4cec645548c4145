/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#define STREAM_CHUNK 65536u

/* Messages from a port.  Each begins with its length. */
struct stream {
	int fd;		      /* borrowed */
	unsigned char *chunk; /* STREAM_CHUNK bytes; owned */
	size_t at, end;	      /* of the bytes in it */
};

/** stream_init() - prepare to read from a port.  Return: 0; -ENOMEM. */
int stream_init(struct stream *s, int fd);
void stream_reset(struct stream *s);

/**
 * stream_next() - wait for a message
 * @ret: SHARES_FRAME_MAX bytes of room
 *
 * Return: its length; 0 at the end; -EBADMSG for an impossible length; -errno.
 */
ssize_t stream_next(struct stream *s, void *ret);

/** stream_send() - send all bytes.  @iov: changed.  Return: 0; -errno. */
int stream_send(int fd, struct iovec *iov, int n);
