/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/numbered.h"

#define FIRST_MAX  KIB(256) /* bytes of the file with the beginning */
#define PIECE_MAX  KIB(128) /* bytes of each numbered file */
#define PIECES_MAX 2u
#define READ_BYTES KIB(16)

struct console {
	struct source *io;
	int dir_fd;
	const char *name;
	int pipe_fd;
	int fd; /* of the file that is written; -1: it could not be made */
	uint64_t number;
	size_t room; /* bytes that still fit into that file */
};

static int open_log(const struct console *c, const char *name)
{
	return openat(c->dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void open_next(struct console *c)
{
	char name[NUMBERED_MAX];

	fd_close(&c->fd);
	numbered_name(c->name, ++c->number, name);
	c->fd = open_log(c, name);
	c->room = PIECE_MAX;
	if (c->number > PIECES_MAX)
		(void)numbered_remove(c->dir_fd, c->name, c->number + 1 - PIECES_MAX);
}

/* Writes output to the files.  What cannot be written is lost but counted as written: the guest
 * must not notice. */
static void write_output(struct console *c, const char *data, size_t len)
{
	while (len > 0) {
		size_t n;

		if (c->room == 0)
			open_next(c);
		n = len < c->room ? len : c->room;
		if (c->fd >= 0)
			(void)fd_write_all(c->fd, data, n);
		c->room -= n;
		data += n;
		len -= n;
	}
}

/* Return: bytes; 0 at the end; -errno. */
static ssize_t transfer_output(struct console *c)
{
	char data[READ_BYTES];
	ssize_t n = read(c->pipe_fd, data, sizeof(data));

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	write_output(c, data, (size_t)n);
	return n;
}

static int on_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	struct console *c = arg;
	ssize_t n = transfer_output(c);

	(void)s, (void)fd, (void)events;
	if (n == 0 || (n < 0 && n != -EAGAIN))
		source_free(take_ptr(c->io));
	return 0;
}

int console_new(struct loop *l, int dir_fd, const char *name, int pipe_fd, struct console **ret)
{
	struct console *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->dir_fd = dir_fd;
	c->name = name;
	c->room = FIRST_MAX;
	r = numbered_remove(dir_fd, name, UINT64_MAX);
	c->fd = open_log(c, name);
	if (r == 0 && c->fd < 0)
		r = -errno;
	if (r == 0)
		r = fd_set_nonblock(pipe_fd, true);
	if (r == 0)
		r = loop_add_io(l, pipe_fd, EPOLLIN, on_readable, c, &c->io);
	if (r < 0) {
		fd_close(&c->fd);
		free(c);
		return r;
	}
	c->pipe_fd = pipe_fd;
	*ret = c;
	return 0;
}

void console_free(struct console *c)
{
	if (!c)
		return;
	/* Reads no more than a pipe holds: the engine has ended, or does not matter any more. */
	for (size_t i = 0; i < KIB(64) / READ_BYTES + 1; i++)
		if (transfer_output(c) <= 0)
			break;
	source_free(c->io);
	fd_close(&c->pipe_fd);
	fd_close(&c->fd);
	free(c);
}
