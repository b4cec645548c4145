/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/log/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"

/* A client may be as slow as it likes; one that is gone is noticed while it is waited for. */
static int send_out(struct buf *out, int fd)
{
	while (out->len > 0) {
		ssize_t n = send(fd, out->data, out->len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			buf_consume(out, (size_t)n);
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
		else
			(void)fd_wait(fd, POLLOUT, -1);
	}
	return 0;
}

int log_replay(int containers_fd, const char *id, const struct log_options *o,
	       const struct log_place *until, int fd)
{
	cleanup(log_files_reset) struct log_files log;
	ssize_t n = 1;
	int r;

	log_files_init(&log,
		       openat(containers_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	log.reader.options = *o;
	if (until)
		log.until = *until;
	r = log.dir_fd < 0 ? -errno : log_files_open(&log, UINT64_MAX);
	while (r == 0 && n > 0) {
		n = log_files_fill(&log);
		r = n < 0 ? (int)n : send_out(&log.reader.out, fd);
	}
	return r == -ENOENT ? 0 : r;
}
