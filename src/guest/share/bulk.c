/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a process writes is in pages of the kernel's.  To read it from there
 * and write it to the port is two copies, and under emulation these are most of what a large write
 * takes.  splice(2) takes the pages themselves out of /dev/fuse, and moat's own kernel gives them
 * to the device as they are (kernel/patches).
 *
 * For a request that is short a pipe is a detour.  Large writes come one after the other: so the
 * first is read, and those that follow come by the pipe, until there were enough of others.
 *
 * The kernel is this machine's own, and sends whole requests.
 */
#include "guest/share/bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "link/shares.h"

/* The driver has it where it has the patch virtio-console-splice. */
#define PORT_TAKES_PAGES "/sys/module/virtio_console/parameters/sends_pages"

#define LARGE_BYTES 65536u
#define LOOKS	    8
#define HEAD_BYTES  (sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in))

bool bulk_port_takes_pages(void)
{
	return access(PORT_TAKES_PAGES, F_OK) == 0;
}

void bulk_init(struct bulk *b, int pipe_bytes)
{
	*b = (struct bulk){ .pipe = { -1, -1 } };
	if (pipe_bytes == 0 || pipe2(b->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	if (fcntl(b->pipe[1], F_SETPIPE_SZ, pipe_bytes) < pipe_bytes)
		bulk_reset(b);
}

void bulk_reset(struct bulk *b)
{
	if (b->pipe[0] < 0)
		return;
	close(b->pipe[0]);
	close(b->pipe[1]);
	*b = (struct bulk){ .pipe = { -1, -1 } };
}

static bool is_large(const struct fuse_in_header *head)
{
	return head->opcode == FUSE_WRITE && head->len >= LARGE_BYTES;
}

/* Return: 0; -errno. */
static int read_pipe(const struct bulk *b, unsigned char *to, size_t len)
{
	while (len > 0) {
		ssize_t n = read(b->pipe[0], to, len);

		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		to += n;
		len -= (size_t)n;
	}
	return 0;
}

static void look_on(struct bulk *b, const struct fuse_in_header *head)
{
	if (is_large(head))
		b->looks = LOOKS;
	else if (b->looks > 0)
		b->looks--;
}

/* @ret: aligned for a head */
static ssize_t take_by_pipe(struct bulk *b, int fuse_fd, void *ret)
{
	ssize_t n = splice(fuse_fd, NULL, b->pipe[1], NULL, SHARES_FRAME_MAX, SPLICE_F_NONBLOCK);
	size_t len, front;
	int r;

	if (n < 0)
		return -errno;
	len = (size_t)n;
	front = len < HEAD_BYTES ? len : HEAD_BYTES;
	r = read_pipe(b, ret, front);
	if (r == 0 && !is_large(ret)) {
		r = read_pipe(b, (unsigned char *)ret + front, len - front);
		front = len;
	}
	if (r < 0)
		return r;
	b->left = len - front;
	return (ssize_t)front;
}

ssize_t bulk_take(struct bulk *b, int fuse_fd, void *ret, size_t size)
{
	ssize_t n = b->looks > 0 && b->pipe[0] >= 0 ? take_by_pipe(b, fuse_fd, ret) : -ENOMEM;

	/* It takes memory; to read does not. */
	if (n == -ENOMEM) {
		n = read(fuse_fd, ret, size);
		n = n < 0 ? -errno : n;
	}
	if (n > 0)
		look_on(b, ret);
	return n;
}

int bulk_pass(struct bulk *b, int port_fd)
{
	while (b->left > 0) {
		ssize_t n = splice(b->pipe[0], NULL, port_fd, NULL, b->left, SPLICE_F_NONBLOCK);

		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		b->left -= (size_t)n;
	}
	return 0;
}
