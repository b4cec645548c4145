/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "image/flatten/unpack.h"
#include "image/store/store.h"

#define MAGIC_MAX  6
#define WAIT_TRIES 1000 /* waits of a millisecond each, until a pipe has its first bytes */

static const struct {
	const char *bytes;
	size_t len;
} magics[] = {
	{ "\x1f\x8b", 2 },
	{ "BZh", 3 },
	{ "\xfd"
	  "7zXZ",
	  6 },
	{ "\x28\xb5\x2f\xfd", 4 },
};

/* Looks at the first bytes of a pipe, which stay in it.  Return: how many there are. */
static size_t peek_magic(int fd, char ret[MAGIC_MAX])
{
	cleanup_close int reader = -1, writer = -1;
	const struct timespec pause = { .tv_nsec = 1000000 };
	int fds[2];

	for (int i = 0; i < WAIT_TRIES; i++) {
		ssize_t n;

		if (pipe2(fds, O_CLOEXEC) < 0)
			return 0;
		reader = fds[0];
		writer = fds[1];
		n = tee(fd, writer, MAGIC_MAX, 0);
		if (n <= 0)
			return 0;
		if (n == MAGIC_MAX || i == WAIT_TRIES - 1)
			return fd_read_exact(reader, ret, (size_t)n) == 0 ? (size_t)n : 0;
		fd_close(&reader);
		fd_close(&writer);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static bool is_compressed(int fd)
{
	char head[MAGIC_MAX];
	size_t n = peek_magic(fd, head);

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (n >= magics[i].len && memcmp(head, magics[i].bytes, magics[i].len) == 0)
			return true;
	return false;
}

int inflate_open(struct store *st, int fd, struct inflate *ret, struct err *err)
{
	int r;

	ret->fd = fd;
	if (!is_compressed(fd))
		return 0;
	r = unpack_inflate(st->unpack_path, fd, ret, err);
	ret->is_compressed = r == 0;
	return r;
}

int inflate_end(struct inflate *in, struct err *err)
{
	int r;

	if (!in->is_compressed)
		return 0;
	fd_close(&in->fd);
	in->is_compressed = false;
	r = unpack_inflate_end(in, err);
	/* -EPIPE: the caller has read as much as it wanted */
	return r == -EPIPE ? 0 : r;
}

void inflate_close(struct inflate *in)
{
	if (in->is_compressed) {
		kill(in->pid, SIGKILL);
		(void)inflate_end(in, NULL);
	}
	fd_close(&in->status_fd);
}
