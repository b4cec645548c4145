/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/machine/engine-log.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"

#define READ_BYTES KIB(4)

struct engine_log {
	struct source *io;
	int fd;
	size_t room;
};

/* Return: bytes; 0 at the end; -errno. */
static ssize_t copy_some(int fd, size_t *room)
{
	char data[READ_BYTES];
	ssize_t n = read(fd, data, *room < sizeof(data) ? *room : sizeof(data));

	if (n < 0)
		return -errno;
	*room -= (size_t)n;
	(void)fd_write_all(STDERR_FILENO, data, (size_t)n);
	if (*room == 0)
		log_warning("the engine says more than %llu KiB: the rest is not kept",
			    (unsigned long long)(ENGINE_LOG_MAX / KIB(1)));
	return n;
}

static void copy_all(int fd, size_t *room)
{
	while (*room > 0 && copy_some(fd, room) > 0)
		continue;
}

/* Stops reading when enough was kept.  The rest stays in the pipe; once that is full the
 * engine's writes fail, but do not block. */
static int on_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	struct engine_log *e = arg;
	ssize_t n = copy_some(fd, &e->room);

	(void)s, (void)events;
	if (e->room == 0 || n == 0 || (n < 0 && n != -EAGAIN && n != -EINTR))
		source_free(take_ptr(e->io));
	return 0;
}

int engine_log_new(struct loop *l, int pipe_fd, struct engine_log **ret)
{
	struct engine_log *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	r = loop_add_io(l, pipe_fd, EPOLLIN, on_readable, e, &e->io);
	if (r < 0) {
		free(e);
		return r;
	}
	e->fd = pipe_fd;
	e->room = ENGINE_LOG_MAX;
	*ret = e;
	return 0;
}

void engine_log_catch_up(struct engine_log *e)
{
	if (e)
		copy_all(e->fd, &e->room);
}

void engine_log_free(struct engine_log *e)
{
	if (!e)
		return;
	engine_log_catch_up(e);
	source_free(e->io);
	fd_close(&e->fd);
	free(e);
}

void engine_log_copy(int pipe_fd)
{
	size_t room = ENGINE_LOG_MAX;

	copy_all(pipe_fd, &room);
}
