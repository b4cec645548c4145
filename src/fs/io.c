/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Data go from a file into the reply, or from the request into a file, and
 * nowhere else.  What is in the host's memory is read at once; for what may have to wait for a disk
 * another worker takes the next request.  What the guest flushes is flushed to the host's disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/macro.h"
#include "fs/creds.h"
#include "fs/open.h"
#include "fs/operations.h"

#define COPY_MAX  MIB(16) /* at a time; the guest asks for the rest */
#define QUICK_MAX KIB(64) /* written before the next request is read */

static ssize_t read_at(struct call *c, int fd, size_t len, off_t offset)
{
	struct iovec iov = { c->out, len };
	ssize_t n = preadv2(fd, &iov, 1, offset, RWF_NOWAIT);

	if (n == (ssize_t)len || n == 0 || (n < 0 && errno != EAGAIN && errno != EOPNOTSUPP))
		return n < 0 ? -errno : n;
	call_may_wait(c);
	n = pread(fd, c->out, len, offset);
	return n < 0 ? -errno : n;
}

int op_read(struct call *c)
{
	const struct fuse_read_in *in = c->rq.fixed;
	struct file *f;
	ssize_t n;
	int r;

	if (in->size > SHARES_WRITE_MAX || in->offset > INT64_MAX)
		return -EINVAL;
	r = open_file(c, in->fh, false, &f);
	if (r < 0)
		return r;
	n = read_at(c, f->fd, in->size, (off_t)in->offset);
	if (n < 0)
		return (int)n;
	c->out_len = (size_t)n;
	return 0;
}

/* Does the write append?  Appended data goes to the file's end on the host, which may not be where
 * the guest believes.  Pages that the kernel writes back have their place. */
static bool write_appends(const struct fuse_write_in *in)
{
	return (in->flags & O_APPEND) && !(in->write_flags & FUSE_WRITE_CACHE);
}

static ssize_t write_all(int fd, const struct fuse_write_in *in, const unsigned char *data)
{
	size_t done = 0;

	while (done < in->size) {
		struct iovec iov = { (void *)(uintptr_t)(data + done), in->size - done };
		ssize_t n = pwritev2(fd, &iov, 1, (off_t)(in->offset + done),
				     write_appends(in) ? RWF_APPEND : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return done > 0 ? (ssize_t)done : -errno;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int op_write(struct call *c)
{
	const struct fuse_write_in *in = c->rq.fixed;
	struct fuse_write_out *out = call_reply(c, sizeof(*out));
	bool drops_ids = in->write_flags & FUSE_WRITE_KILL_SUIDGID;
	struct file *f;
	ssize_t n;
	int r;

	if (in->offset > (uint64_t)INT64_MAX - in->size)
		return -EFBIG;
	r = open_file(c, in->fh, true, &f);
	if (r < 0)
		return r;
	if (in->size > QUICK_MAX)
		call_may_wait(c);
	if (drops_ids)
		creds_keep_ids(false);
	n = write_all(f->fd, in, c->rq.data);
	if (drops_ids)
		creds_keep_ids(true);
	if (n < 0)
		return (int)n;
	out->size = (uint32_t)n;
	return 0;
}

int op_fsync(struct call *c)
{
	const struct fuse_fsync_in *in = c->rq.fixed;
	struct file *f;
	int r = open_file(c, in->fh, false, &f);

	if (r < 0)
		return r;
	r = in->fsync_flags & FUSE_FSYNC_FDATASYNC ? fdatasync(f->fd) : fsync(f->fd);
	return r < 0 ? -errno : 0;
}

int op_fallocate(struct call *c)
{
	const struct fuse_fallocate_in *in = c->rq.fixed;
	struct file *f;
	int r;

	if (in->offset > INT64_MAX || in->length > INT64_MAX)
		return -EFBIG;
	r = open_file(c, in->fh, true, &f);
	if (r < 0)
		return r;
	return fallocate(f->fd, (int)in->mode, (off_t)in->offset, (off_t)in->length) < 0 ? -errno
											 : 0;
}

/* Only to find data and holes: the guest itself knows a file's position. */
int op_lseek(struct call *c)
{
	const struct fuse_lseek_in *in = c->rq.fixed;
	struct fuse_lseek_out *out = call_reply(c, sizeof(*out));
	struct file *f;
	off_t at;
	int r;

	if ((in->whence != SEEK_DATA && in->whence != SEEK_HOLE) || in->offset > INT64_MAX)
		return -EINVAL;
	r = open_file(c, in->fh, false, &f);
	if (r < 0)
		return r;
	at = lseek(f->fd, (off_t)in->offset, (int)in->whence);
	if (at < 0)
		return -errno;
	out->offset = (uint64_t)at;
	return 0;
}

int op_copy_file_range(struct call *c)
{
	const struct fuse_copy_file_range_in *in = c->rq.fixed;
	struct fuse_write_out *out = call_reply(c, sizeof(*out));
	off_t from_at = (off_t)in->off_in, to_at = (off_t)in->off_out;
	size_t len = in->len < COPY_MAX ? in->len : COPY_MAX;
	struct file *from, *to;
	ssize_t n;
	int r;

	if (in->flags != 0 || from_at < 0 || to_at < 0)
		return -EINVAL;
	r = open_file(c, in->fh_in, false, &from);
	if (r == 0)
		r = open_file(c, in->fh_out, true, &to);
	if (r < 0)
		return r;
	n = copy_file_range(from->fd, &from_at, to->fd, &to_at, len, 0);
	if (n < 0)
		return -errno;
	out->size = (uint32_t)n;
	return 0;
}
