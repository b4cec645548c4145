/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Without credit the descriptor is not watched at all, so that a pipe
 * whose other end is closed does not wake the loop again and again.
 *
 * A process's descendants may hold its pipes open, and write, for ever: once it has
 * ended, what the pipe holds at that moment is the last that is sent.
 */
#include "guest/process/output.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"

#define TTY_LEFT_MAX KIB(128) /* a terminal holds less; it does not say how much */

static int on_readable(struct source *s, int fd, uint32_t events, void *arg);

static int watch_output(struct output *o)
{
	if (o->source)
		return 0;
	return loop_add_io(o->loop, o->fd, EPOLLIN, on_readable, o, &o->source);
}

static void unwatch_output(struct output *o)
{
	source_free(take_ptr(o->source));
}

void output_close(struct output *o)
{
	unwatch_output(o);
	fd_close(&o->fd);
}

/* How many bytes may be sent now, at most. */
static size_t output_allowance(const struct output *o)
{
	size_t max = link_credit(o->link, o->stream, o->channel);

	if (max > LINK_PAYLOAD_MAX)
		max = LINK_PAYLOAD_MAX;
	return o->is_finishing && o->left < max ? o->left : max;
}

/* Return: 1 when something was sent; 0; -errno of the link. */
static int pump_output(struct output *o)
{
	const struct link_header eof = { .type = LINK_EOF,
					 .stream = o->stream,
					 .channel = o->channel };
	char chunk[LINK_PAYLOAD_MAX];
	ssize_t n;
	int r;

	n = read(o->fd, chunk, output_allowance(o));
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (o->is_finishing)
			output_close(o);
		return 0;
	}
	if (n <= 0) { /* a terminal ends with EIO */
		output_close(o);
		return link_send(o->link, eof, NULL, 0);
	}
	r = link_data(o->link, o->stream, o->channel, chunk, (size_t)n);
	if (o->is_finishing) {
		o->left -= (size_t)n;
		if (o->left == 0)
			output_close(o);
	}
	return r < 0 ? r : 1;
}

static int on_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	struct output *o = arg;
	int r = 0;

	(void)s;
	(void)fd;
	(void)events;
	if (output_allowance(o) == 0)
		unwatch_output(o);
	else
		r = pump_output(o);
	if (r >= 0 && o->fd < 0 && o->ended)
		r = o->ended(o);
	return r < 0 ? r : 0;
}

int output_open(struct output *o, int fd)
{
	o->fd = fd;
	return watch_output(o);
}

int output_ready(struct output *o)
{
	int r = 1;

	if (o->fd < 0)
		return 0;
	if (!o->is_finishing)
		return watch_output(o);
	while (r > 0 && o->fd >= 0 && output_allowance(o) > 0)
		r = pump_output(o);
	return r < 0 ? r : 0;
}

int output_finish(struct output *o)
{
	int there = 0;

	if (o->fd < 0)
		return 0;
	unwatch_output(o);
	o->is_finishing = true;
	o->left = TTY_LEFT_MAX;
	if (!isatty(o->fd) && ioctl(o->fd, FIONREAD, &there) == 0)
		o->left = (size_t)there;
	if (o->left == 0)
		output_close(o);
	return output_ready(o);
}
