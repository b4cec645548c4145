/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Requests are mostly short and follow each other, so all that has come is
 * read at once.  The rest of a long request goes to its place without another copy.
 */
#include "fs/stream.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "link/shares.h"

int stream_init(struct stream *s, int fd)
{
	*s = (struct stream){ .fd = fd, .chunk = malloc(STREAM_CHUNK) };
	return s->chunk ? 0 : -ENOMEM;
}

void stream_reset(struct stream *s)
{
	free(s->chunk);
	*s = (struct stream){ .fd = -1 };
}

static ssize_t receive_bytes(int fd, void *to, size_t len)
{
	ssize_t n;

	do {
		n = recv(fd, to, len, 0);
	} while (n < 0 && errno == EINTR);
	/* The engine has ended, and bytes on their way to it are lost. */
	return n < 0 && errno == ECONNRESET ? 0 : n < 0 ? -errno : n;
}

/* Return: how many bytes are there, at least @len; 0 at the end; -errno. */
static ssize_t fill_chunk(struct stream *s, size_t len)
{
	if (s->at > 0) {
		memmove(s->chunk, s->chunk + s->at, s->end - s->at);
		s->end -= s->at;
		s->at = 0;
	}
	while (s->end < len) {
		ssize_t n = receive_bytes(s->fd, s->chunk + s->end, STREAM_CHUNK - s->end);

		if (n <= 0)
			return n;
		s->end += (size_t)n;
	}
	return (ssize_t)s->end;
}

ssize_t stream_next(struct stream *s, void *ret)
{
	struct fuse_in_header head;
	unsigned char *to = ret;
	size_t have, got;

	if (s->end - s->at < sizeof(head)) {
		ssize_t n = fill_chunk(s, sizeof(head));

		if (n <= 0)
			return n;
	}
	memcpy(&head, s->chunk + s->at, sizeof(head));
	if (head.len < sizeof(head) || head.len > SHARES_FRAME_MAX)
		return -EBADMSG;
	have = s->end - s->at;
	got = have < head.len ? have : head.len;
	memcpy(to, s->chunk + s->at, got);
	s->at += got;
	while (got < head.len) {
		ssize_t n = receive_bytes(s->fd, to + got, head.len - got);

		if (n <= 0)
			return n;
		got += (size_t)n;
	}
	return (ssize_t)head.len;
}

int stream_send(int fd, struct iovec *iov, int n)
{
	while (n > 0) {
		struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)n };
		ssize_t sent = sendmsg(fd, &msg, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		for (; n > 0 && (size_t)sent >= iov->iov_len; iov++, n--)
			sent -= (ssize_t)iov->iov_len;
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + sent;
			iov->iov_len -= (size_t)sent;
		}
	}
	return 0;
}
