/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int fd_open_std(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* The lowest free number, which open(2) takes, is this one. */
		if (open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return -errno;
	}
	return 0;
}

#define NO_OFFSET UINT64_MAX /* the file's own offset */

static int write_all(int fd, const char *p, size_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n =
			offset == NO_OFFSET ? write(fd, p, len) : pwrite(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
		if (offset != NO_OFFSET)
			offset += (uint64_t)n;
	}
	return 0;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	return write_all(fd, data, len, NO_OFFSET);
}

int fd_pwrite_all(int fd, const void *data, size_t len, uint64_t offset)
{
	return write_all(fd, data, len, offset);
}

static int read_exact(int fd, char *p, size_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n =
			offset == NO_OFFSET ? read(fd, p, len) : pread(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		p += n;
		len -= (size_t)n;
		if (offset != NO_OFFSET)
			offset += (uint64_t)n;
	}
	return 0;
}

int fd_read_exact(int fd, void *data, size_t len)
{
	return read_exact(fd, data, len, NO_OFFSET);
}

int fd_pread_exact(int fd, void *data, size_t len, uint64_t offset)
{
	return read_exact(fd, data, len, offset);
}

int fd_read_file(int fd, size_t max_bytes, struct buf *b)
{
	size_t start = b->len;

	for (;;) {
		ssize_t n = buf_read_fd(b, fd, KIB(16));

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		if (b->len - start > max_bytes)
			return -EFBIG;
	}
}

int file_read_at(int dir_fd, const char *name, size_t max_bytes, struct buf *b)
{
	cleanup_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_read_file(fd, max_bytes, b);
}

int file_set_at(int dir_fd, const char *name, const char *text)
{
	cleanup_close int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* Return: the descriptor of the file; -errno. */
static int overwrite_file(int dir_fd, const char *name, const void *data, size_t len, mode_t mode)
{
	cleanup_close int fd =
		openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
	int r = fd < 0 ? -errno : fd_write_all(fd, data, len);

	if (r == 0 && ftruncate(fd, (off_t)len) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}

int file_overwrite(int dir_fd, const char *name, const void *data, size_t len, mode_t mode)
{
	cleanup_close int fd = overwrite_file(dir_fd, name, data, len, mode);

	return fd < 0 ? fd : 0;
}

static int write_and_sync(int dir_fd, const char *name, const void *data, size_t len, mode_t mode)
{
	cleanup_close int fd = overwrite_file(dir_fd, name, data, len, mode);

	if (fd < 0)
		return fd;
	return fsync(fd) < 0 ? -errno : 0;
}

int file_write_atomic(int dir_fd, const char *name, const void *data, size_t len, mode_t mode)
{
	cleanup_free char *tmp = str_printf(".%s.tmp", name);
	int r;

	if (!tmp)
		return -ENOMEM;
	r = write_and_sync(dir_fd, tmp, data, len, mode);
	if (r == 0 && renameat(dir_fd, tmp, dir_fd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir_fd, tmp, 0);
		return r;
	}
	return fsync(dir_fd) < 0 ? -errno : 0;
}

int file_reserve(int dir_fd, const char *name, size_t len)
{
	cleanup_free char *tmp = str_printf(".%s.tmp", name);
	cleanup_close int fd = -1;
	int r;

	if (!tmp)
		return -ENOMEM;
	fd = openat(dir_fd, tmp, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = posix_fallocate(fd, 0, (off_t)len);
	if (r != 0)
		unlinkat(dir_fd, tmp, 0);
	return -r;
}

int fd_copy(int from, int to, uint64_t len)
{
	cleanup_free char *chunk = malloc(KIB(128));

	if (!chunk)
		return -ENOMEM;
	while (len > 0) {
		ssize_t n = read(from, chunk, len < KIB(128) ? (size_t)len : KIB(128));
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return len == UINT64_MAX ? 0 : -ENODATA;
		r = fd_write_all(to, chunk, (size_t)n);
		if (r < 0)
			return r;
		if (len != UINT64_MAX)
			len -= (uint64_t)n;
	}
	return 0;
}

int fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

int fd_set_cloexec(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

bool fd_is_removed(int fd)
{
	struct stat sb;

	return fstat(fd, &sb) == 0 && sb.st_nlink == 0;
}

int fd_wait(int fd, short events, int timeout_msec)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&p, 1, timeout_msec);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 ? 0 : p.revents;
}
