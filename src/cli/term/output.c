/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

void output_open(struct output *o, int fd)
{
	struct stat sb;
	char path[64];
	int own;

	*o = (struct output){ .fd = fd };
	if (fstat(fd, &sb) < 0)
		return;
	o->socket = S_ISSOCK(sb.st_mode);
	o->regular = S_ISREG(sb.st_mode);
	if (!S_ISFIFO(sb.st_mode) && !S_ISCHR(sb.st_mode))
		return;
	/* A descriptor that cannot be written to is left as it is: a standard output that was
	 * closed before the program began. */
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return;
	/* Opens the same pipe or terminal once more, which fails where it is another user's. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own >= 0)
		*o = (struct output){ .fd = own, .opened = true };
}

void output_close(struct output *o)
{
	if (o->opened)
		close(o->fd);
	*o = (struct output){ .fd = -1 };
}

static ssize_t write_some(const struct output *o, const void *data, size_t len)
{
	if (o->socket)
		return send(o->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (o->opened || o->regular)
		return write(o->fd, data, len);
	/* POLLOUT promises room for PIPE_BUF bytes. */
	if (!(fd_wait(o->fd, POLLOUT, 0) & (POLLOUT | POLLERR | POLLHUP)))
		return 0;
	return write(o->fd, data, len < PIPE_BUF ? len : PIPE_BUF);
}

ssize_t output_write(const struct output *o, const void *data, size_t len)
{
	ssize_t n;

	do {
		n = write_some(o, data, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	return n;
}
