/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A file is opened by way of its descriptor's name in /proc, so it is the one
 * that the guest was told of; only plain files are, since fifos, sockets and devices of the same
 * name are the guest's own.  A file that is appended to is opened without O_APPEND: what the
 * guest writes back of a shared map has its place, and what it appends says so with each request.
 *
 * One that the guest has opened without asking is opened for each request that names it.
 */
#include "fs/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fs/creds.h"
#include "fs/echo.h"
#include "fs/operations.h"
#include "fs/watch.h"

int open_flags(uint32_t flags)
{
	return (int)(flags & O_ACCMODE) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
}

int open_again(int fd, int flags, int *ret_fd)
{
	char number[16];
	struct stat st;
	int again;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : S_ISLNK(st.st_mode) ? -ELOOP : -ENXIO;
	fd_name(fd, number);
	again = openat(AT_FDCWD, number, flags & ~O_NOFOLLOW);
	if (again < 0)
		return -errno;
	*ret_fd = again;
	return 0;
}

int open_note(struct call *c, struct node *n, int fd, int flags, struct fuse_open_out *ret)
{
	struct file *f = malloc(sizeof(*f));
	int r = -ENOMEM;

	if (f) {
		*f = (struct file){ .node = n,
				    .fd = fd,
				    .writable = (flags & O_ACCMODE) != O_RDONLY };
		r = files_add(&c->s->files, f, &ret->fh);
	}
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		free(f);
		nodes_close(&c->s->nodes, n);
		return r;
	}
	ret->open_flags = watch_covers(c->s, n) ? FOPEN_KEEP_CACHE : 0;
	/* The end of a file that was only read brings no news to the guest. */
	if (!f->writable)
		ret->open_flags |= FOPEN_NOFLUSH;
	return 0;
}

void open_gone(void *arg, struct file *f)
{
	struct server *s = arg;

	locks_drop_file(&s->locks, f);
	nodes_close(&s->nodes, f->node);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

static int open_node(struct call *c, struct node *n, const struct fuse_open_in *in, int *ret_fd)
{
	bool drops_ids = in->open_flags & FUSE_OPEN_KILL_SUIDGID;
	bool writes = (in->flags & O_ACCMODE) != O_RDONLY || (in->flags & O_TRUNC);
	int fd, r;

	if (writes && !n->key.writable)
		return -EROFS;
	r = call_reach(c, n, &fd);
	if (r < 0)
		return r;
	if (drops_ids)
		creds_keep_ids(false);
	r = open_again(fd, open_flags(in->flags) | (int)(in->flags & O_TRUNC), ret_fd);
	if (drops_ids)
		creds_keep_ids(true);
	return r;
}

/* Opens a file for one request.  @ret: closed when it is put */
static int open_for_once(struct call *c, struct file **ret)
{
	const struct fuse_open_in flags = { .flags = O_RDONLY };
	cleanup_close int fd = -1;
	struct node *n;
	struct file *f;
	int r = call_own_node(c, &n);

	if (r == 0)
		r = open_node(c, n, &flags, &fd);
	if (r < 0)
		return r;
	f = malloc(sizeof(*f));
	if (!f)
		return -ENOMEM;
	*f = (struct file){ .node = n, .fd = take_fd(&fd), .users = 1, .closed = true };
	nodes_open(&c->s->nodes, n);
	call_hold_file(c, f);
	*ret = f;
	return 0;
}

int open_file(struct call *c, uint64_t fh, bool to_write, struct file **ret)
{
	struct file *f;

	if (fh == FILE_UNOPENED && !to_write)
		return open_for_once(c, ret);
	f = files_get(&c->s->files, fh);
	if (!f)
		return -EBADF;
	call_hold_file(c, f);
	if (f->fd < 0 || (to_write && !f->writable))
		return f->code ? f->code : -EBADF;
	*ret = f;
	return 0;
}

int op_open(struct call *c)
{
	const struct fuse_open_in *in = c->rq.fixed;
	struct fuse_open_out *out = call_reply(c, sizeof(*out));
	struct node *n;
	int fd = -1, r = call_own_node(c, &n);

	if (r < 0)
		return r;
	nodes_open(&c->s->nodes, n); /* it is held then, even when it has no name any more */
	if (!echo_is_one(c))	     /* for an echo a number is enough */
		r = open_node(c, n, in, &fd);
	if (r == 0)
		r = open_note(c, n, fd, (int)in->flags, out);
	else
		nodes_close(&c->s->nodes, n);
	return r;
}

/* @code: why @fd could not be opened.  Return: as files_add_own(). */
static int note_opened(struct call *c, struct node *n, int fd, int code)
{
	const struct shares_open *in = (const void *)c->rq.head;
	struct file *f = malloc(sizeof(*f));
	int r = -ENOMEM;

	if (f) {
		*f = (struct file){ .node = n, .fd = fd, .code = code };
		r = files_add_own(&c->s->files, f, in->fh);
	}
	if (r < 0) {
		nodes_close(&c->s->nodes, n);
		if (fd >= 0)
			close(fd);
		free(f);
	}
	return r;
}

/* The guest has opened the file itself.  If that fails here, it hears of it when it reads. */
int op_opened(struct call *c)
{
	const struct shares_open *in = (const void *)c->rq.head;
	const struct fuse_open_in flags = { .flags = in->flags };
	struct node *n;
	int fd = -1, r = call_own_node(c, &n);

	if (r < 0)
		return CALL_SILENT;
	nodes_open(&c->s->nodes, n);
	r = (in->flags & (O_ACCMODE | O_TRUNC)) == O_RDONLY ? open_node(c, n, &flags, &fd) : -EBADF;
	(void)note_opened(c, n, fd, r);
	return CALL_SILENT;
}

int op_release(struct call *c)
{
	const struct fuse_release_in *in = c->rq.fixed;

	if (in->release_flags & FUSE_RELEASE_FLOCK_UNLOCK) {
		struct file *f = files_get(&c->s->files, in->fh);

		if (f)
			locks_drop_owner(&c->s->locks, f->node, in->lock_owner, LOCK_OF_FILE);
		files_put(&c->s->files, f);
	}
	return files_remove(&c->s->files, in->fh);
}

/* FLUSH comes when a process closes a descriptor, of several perhaps, which ends all its POSIX
 * locks of the file. */
int op_flush(struct call *c)
{
	const struct fuse_flush_in *in = c->rq.fixed;
	struct file *f = files_get(&c->s->files, in->fh);
	int copy, r = 0;

	if (!f)
		return -EBADF;
	locks_drop_owner(&c->s->locks, f->node, in->lock_owner, LOCK_OF_PROCESS);
	copy = f->fd >= 0 ? fcntl(f->fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (copy >= 0 &&
	    close(copy) < 0) /* some file systems report errors of earlier writes at close */
		r = -errno;
	files_put(&c->s->files, f);
	return r;
}
