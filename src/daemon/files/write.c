/* SPDX-License-Identifier: Apache-2.0 */
/* Sends data to an operation, which may end before it has got all, and says why. */
#include "daemon/files/write.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define CHUNK_BYTES 65536u

/* Waits until there is room for data, or the operation says something.  Return: poll(2)'s
 * events; -ETIMEDOUT; -errno. */
static int wait_for_room(struct files *f, struct err *err)
{
	int r = fd_wait(f->fd, POLLIN | POLLOUT, FILES_STALL_MSEC);

	if (r == 0)
		return err_set(err, -ETIMEDOUT, "the guest took nothing for %d s",
			       FILES_STALL_MSEC / 1000);
	return r < 0 ? err_errno(err, r, "files") : r;
}

/* Return: 1; 0 when the operation has ended and takes no more; -errno. */
static int send_chunk(struct files *f, const char *data, size_t len, struct err *err)
{
	while (len > 0) {
		int events = wait_for_room(f, err);
		ssize_t n;

		if (events < 0)
			return events;
		if (events & (POLLIN | POLLHUP | POLLERR))
			return 0;
		n = send(f->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return 0;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 1;
}

int files_await_input(const struct files *f, int from_fd, struct err *err)
{
	struct pollfd p[2] = { { .fd = from_fd, .events = POLLIN },
			       { .fd = f->fd, .events = POLLIN } };

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return err_errno(err, -errno, "files");
	return p[1].revents ? 0 : 1;
}

int files_write_from(struct files *f, int from_fd, struct err *err)
{
	cleanup_free char *chunk = malloc(CHUNK_BYTES);
	ssize_t n;
	int r = 1;

	if (!chunk)
		return err_errno(err, -ENOMEM, "files");
	while (r > 0) {
		r = files_await_input(f, from_fd, err);
		if (r <= 0)
			break;
		n = read(from_fd, chunk, CHUNK_BYTES);
		if (n < 0 && errno != EINTR)
			return err_errno(err, -errno, "read the archive");
		if (n == 0)
			break;
		if (n > 0)
			r = send_chunk(f, chunk, (size_t)n, err);
	}
	if (r < 0)
		return r;
	(void)shutdown(f->fd, SHUT_WR);
	do
		n = files_read(f, chunk, CHUNK_BYTES, err);
	while (n > 0);
	return (int)n;
}
