/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/process/input.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

void input_close(struct input *in)
{
	source_free(take_ptr(in->source));
	if (in->is_socket && in->fd >= 0)
		(void)shutdown(in->fd, SHUT_WR);
	fd_close(&in->fd);
	buf_reset(&in->waiting);
}

static int on_writable(struct source *s, int fd, uint32_t events, void *arg);

/* Watches the descriptor while bytes wait for room, and only then. */
static int update_watch(struct input *in)
{
	if (in->waiting.len == 0)
		source_free(take_ptr(in->source));
	else if (!in->source)
		return loop_add_io(in->loop, in->fd, EPOLLOUT, on_writable, in, &in->source);
	return 0;
}

static int flush_input(struct input *in)
{
	size_t done = in->waiting.len;
	ssize_t n = write(in->fd, in->waiting.data, in->waiting.len);
	int r;

	if (n < 0 && errno != EAGAIN && errno != EINTR) { /* nobody will read the input any more */
		input_close(in);
		return link_grant(in->link, in->stream, LINK_STDIN, done);
	}
	done = n > 0 ? (size_t)n : 0;
	buf_consume(&in->waiting, done);
	r = update_watch(in);
	if (in->waiting.len == 0 && in->has_ended && !in->is_tty)
		input_close(in);
	if (r == 0 && done > 0)
		r = link_grant(in->link, in->stream, LINK_STDIN, done);
	return r;
}

static int on_writable(struct source *s, int fd, uint32_t events, void *arg)
{
	struct input *in = arg;
	int r = flush_input(in);

	(void)s;
	(void)fd;
	(void)events;
	return r == 0 && in->fd < 0 && in->ended ? in->ended(in) : r;
}

int input_open(struct input *in, int fd)
{
	in->fd = fd;
	return link_grant(in->link, in->stream, LINK_STDIN, LINK_WINDOW);
}

int input_write(struct input *in, const void *data, size_t len)
{
	int r;

	if (in->fd < 0)
		return link_grant(in->link, in->stream, LINK_STDIN, len);
	r = buf_add(&in->waiting, data, len);
	if (r < 0 || in->source)
		return r;
	return flush_input(in);
}

void input_end(struct input *in)
{
	in->has_ended = true;
	if (in->waiting.len == 0 && !in->is_tty)
		input_close(in);
}
