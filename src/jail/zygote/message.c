/* SPDX-License-Identifier: Apache-2.0 */
#include "jail/zygote/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	char space[CMSG_SPACE(ZYGOTE_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

int message_send(int fd, const void *data, size_t len, const int *fds, size_t n)
{
	union control control = { { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n > 0) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(n * sizeof(int)) };
		memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static size_t take_fds(struct msghdr *m, int *fds, size_t max)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	size_t n = h ? (h->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

	if (!h || h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
		return 0;
	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
		if (i < max)
			fds[i] = fd;
		else
			close(fd);
	}
	return n < max ? n : max;
}

ssize_t message_receive(int fd, void *data, size_t len, int *fds, size_t max, size_t *ret_n)
{
	union control control;
	struct iovec iov = { data, len };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n;

	do {
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	*ret_n = 0;
	if (n <= 0)
		return n < 0 ? -errno : 0;
	*ret_n = take_fds(&m, fds, max);
	if (!(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return n;
	while (*ret_n > 0)
		close(fds[--*ret_n]);
	return -EBADMSG;
}
