/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fs/creds.h"
#include "fs/echo.h"
#include "fs/entry.h"
#include "fs/open.h"
#include "fs/operations.h"
#include "fs/reach.h"

static void devalue_attr(unsigned char *out, size_t len)
{
	(void)len;
	((struct fuse_attr_out *)(void *)out)->attr_valid = 0;
}

static void tell_attr(struct call *c, struct node *n, const struct statx *st)
{
	struct fuse_attr_out *out = call_reply(c, sizeof(*out));

	attr_tell(c->s, n, st, &out->attr, &out->attr_valid);
	c->devalue = devalue_attr;
}

/* Tells the attributes of the folder of the shares. */
static int tell_root(struct call *c)
{
	struct fuse_attr_out *out = call_reply(c, sizeof(*out));

	out->attr_valid = UINT32_MAX;
	out->attr = (struct fuse_attr){ .ino = FUSE_ROOT_ID, .mode = S_IFDIR | 0555, .nlink = 2 };
	return 0;
}

static int stat_file(struct call *c, uint64_t fh, struct statx *ret)
{
	struct file *f;
	int r = open_file(c, fh, false, &f);

	if (r < 0)
		return r;
	return statx(f->fd, "", AT_EMPTY_PATH, STATX_WANTED, ret) < 0 ? -errno : 0;
}

int op_getattr(struct call *c)
{
	const struct fuse_getattr_in *in = c->rq.fixed;
	struct statx st;
	struct node *n;
	int r;

	if (c->rq.head->nodeid == FUSE_ROOT_ID)
		return tell_root(c);
	r = call_own_node(c, &n);
	if (r < 0)
		return r;
	r = in->getattr_flags & FUSE_GETATTR_FH && in->fh != FILE_UNOPENED
		    ? stat_file(c, in->fh, &st)
		    : reach_stat(&c->s->nodes, n, &st);
	if (r == 0)
		tell_attr(c, n, &st);
	return r;
}

static int set_owner(int fd, const struct fuse_setattr_in *in)
{
	uid_t uid = in->valid & FATTR_UID ? in->uid : (uid_t)-1;
	gid_t gid = in->valid & FATTR_GID ? in->gid : (gid_t)-1;

	if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == 0)
		return 0;
	/* Without root, the id is not the caller's to give away. */
	return errno == EINVAL ? -EPERM : -errno;
}

static int truncate_open(int fd, const struct fuse_setattr_in *in)
{
	bool drops_ids = in->valid & FATTR_KILL_SUIDGID;
	int r;

	if (in->size > INT64_MAX)
		return -EFBIG;
	if (drops_ids)
		creds_keep_ids(false);
	r = ftruncate(fd, (off_t)in->size) < 0 ? -errno : 0;
	if (drops_ids)
		creds_keep_ids(true);
	return r;
}

static int set_size(struct call *c, int fd, const struct fuse_setattr_in *in)
{
	cleanup_close int opened = -1;
	struct file *f;
	int r;

	call_may_wait(c);
	if (in->valid & FATTR_FH && open_file(c, in->fh, true, &f) == 0)
		return truncate_open(f->fd, in);
	r = open_again(fd, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, &opened);
	return r < 0 ? r : truncate_open(opened, in);
}

static struct timespec time_of(const struct fuse_setattr_in *in, uint32_t set, uint32_t now,
			       struct timespec given)
{
	if (in->valid & now)
		return (struct timespec){ .tv_nsec = UTIME_NOW };
	return in->valid & set ? given : (struct timespec){ .tv_nsec = UTIME_OMIT };
}

static int set_times(int fd, const struct fuse_setattr_in *in)
{
	const struct timespec times[] = {
		time_of(in, FATTR_ATIME, FATTR_ATIME_NOW,
			(struct timespec){ (time_t)in->atime, in->atimensec }),
		time_of(in, FATTR_MTIME, FATTR_MTIME_NOW,
			(struct timespec){ (time_t)in->mtime, in->mtimensec }),
	};

	return utimensat(fd, "", times, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

static int set_mode(int fd, const struct fuse_setattr_in *in)
{
	char number[16];

	fd_name(fd, number);
	return fchmodat(AT_FDCWD, number, in->mode & 07777, 0) < 0 ? -errno : 0;
}

static int set_attr(struct call *c, struct node *n, int fd)
{
	const struct fuse_setattr_in *in = c->rq.fixed;
	const uint32_t times = FATTR_ATIME | FATTR_MTIME | FATTR_ATIME_NOW | FATTR_MTIME_NOW;
	int r = 0;

	if (in->valid & FATTR_MODE)
		r = n->type == S_IFLNK ? -EOPNOTSUPP : set_mode(fd, in);
	if (r == 0 && in->valid & (FATTR_UID | FATTR_GID))
		r = set_owner(fd, in);
	if (r == 0 && in->valid & FATTR_SIZE)
		r = set_size(c, fd, in);
	if (r == 0 && in->valid & times)
		r = set_times(fd, in);
	return r;
}

int op_setattr(struct call *c)
{
	struct statx st;
	struct node *n;
	int fd, r = call_own_node(c, &n);

	if (r == 0)
		r = n->key.writable || echo_is_one(c) ? call_reach(c, n, &fd) : -EROFS;
	if (r == 0 && !echo_is_one(c))
		r = set_attr(c, n, fd);
	if (r < 0)
		return r;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_WANTED, &st) < 0)
		return -errno;
	tell_attr(c, n, &st);
	return 0;
}

int op_readlink(struct call *c)
{
	struct node *n;
	int fd, r = call_own_node(c, &n);
	ssize_t len;

	if (r == 0)
		r = call_reach(c, n, &fd);
	if (r < 0)
		return r;
	len = readlinkat(fd, "", (char *)c->out, PATH_MAX);
	if (len < 0)
		return -errno;
	c->out_len = (size_t)len;
	return 0;
}
