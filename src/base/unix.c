/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

/* Connections that wait to be accepted. */
#define QUEUE_MAX 1024

/* The kernel resolves /proc/self/fd/N, so any folder is within reach of a short address. */
static int fill_address(int dir_fd, const char *name, struct sockaddr_un *ret)
{
	int n;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (dir_fd == AT_FDCWD)
		n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", name);
	else
		n = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", dir_fd,
			     name);
	return n < 0 || (size_t)n >= sizeof(ret->sun_path) ? -ENAMETOOLONG : 0;
}

static int new_socket(int dir_fd, const char *name, int type, struct sockaddr_un *ret)
{
	int fd, r = fill_address(dir_fd, name, ret);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

int unix_listen_at(int dir_fd, const char *name, int type, mode_t mode, int *ret_fd)
{
	struct sockaddr_un addr;
	cleanup_close int fd = new_socket(dir_fd, name, type, &addr);

	if (fd < 0)
		return fd;
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	/* The mode set here is what bind() gives the file, less the umask: never more than
	 * asked. */
	if (fchmod(fd, mode) < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    fchmodat(dir_fd, name, mode, 0) < 0 || listen(fd, QUEUE_MAX) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

int unix_listen_on(int fd)
{
	return listen(fd, QUEUE_MAX) < 0 ? -errno : 0;
}

int unix_connect_at(int dir_fd, const char *name, int type, int *ret_fd)
{
	struct sockaddr_un addr;
	cleanup_close int fd = new_socket(dir_fd, name, type, &addr);

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

int unix_connect_busy(int dir_fd, const char *name, int *ret_fd)
{
	cleanup_close int fd = -1;
	int r = unix_connect_at(dir_fd, name, SOCK_SEQPACKET | SOCK_NONBLOCK, &fd);

	if (r == 0)
		r = fd_set_nonblock(fd, false);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int unix_connect(const char *path, int type, int *ret_fd)
{
	return unix_connect_at(AT_FDCWD, path, type, ret_fd);
}

static int read_peer(int fd, struct ucred *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &len) < 0 ? -errno : 0;
}

int unix_peer_uid(int fd, uid_t *ret)
{
	struct ucred cred;
	int r = read_peer(fd, &cred);

	if (r == 0)
		*ret = cred.uid;
	return r;
}

int unix_peer_pid(int fd, pid_t *ret)
{
	struct ucred cred;
	int r = read_peer(fd, &cred);

	if (r == 0)
		*ret = cred.pid;
	return r;
}

/* The padding may have room for one descriptor more than was asked for. */
union fd_message {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(UNIX_FDS_MAX * sizeof(int))];
};

static void add_descriptors(struct msghdr *msg, union fd_message *control, const int *fds, size_t n)
{
	struct cmsghdr *c = &control->align;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(n * sizeof(int));
}

int unix_send_fds(int fd, const void *data, size_t len, const int *fds, size_t n_fds)
{
	union fd_message control = { 0 };
	struct iovec iov = { .iov_base = (void *)(size_t)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (n_fds > UNIX_FDS_MAX)
		return -EINVAL;
	if (n_fds > 0)
		add_descriptors(&msg, &control, fds, n_fds);
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int unix_send(int fd, const void *data, size_t len, int send_fd)
{
	return unix_send_fds(fd, data, len, &send_fd, send_fd >= 0 ? 1 : 0);
}

/* Closes descriptors beyond @n. */
static void take_descriptors(struct msghdr *msg, int *ret, size_t n)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	size_t i = 0;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return;
	for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
		if (i < n)
			ret[i++] = fd;
		else
			close(fd);
	}
}

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_close_fn(&fds[i]);
		fds[i] = -1;
	}
}

ssize_t unix_recv_fds(int fd, void *data, size_t len, int *ret_fds, size_t n_fds)
{
	union fd_message control = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = CMSG_SPACE(n_fds * sizeof(int)) };
	int got[UNIX_FDS_MAX];
	ssize_t n;

	if (n_fds > UNIX_FDS_MAX)
		return -EINVAL;
	memset(got, -1, sizeof(got));
	do {
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_descriptors(&msg, got, n_fds);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		close_all(got, n_fds);
		return -EMSGSIZE;
	}
	memcpy(ret_fds, got, n_fds * sizeof(int));
	return n;
}

ssize_t unix_recv(int fd, void *data, size_t len, int *ret_fd)
{
	return unix_recv_fds(fd, data, len, ret_fd, 1);
}
