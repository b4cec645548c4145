/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A name in a folder may be kept by the guest for long where the folder is
 * watched (watch.c), as it is told then of what others change.  Attributes of a file that has one
 * name are told of by the folder it is in; a folder's own, and those of a file with several names,
 * by a watch of its own.  A watch begins before what it watches is read.
 *
 * A plain file of which that is so, that may be read here, and that stays open here (reach_pin()),
 * a kernel of moat's own opens for reading without asking (SHARES_ATTR_UNASKED).  For another one
 * nothing is kept open for that.
 */
#include "fs/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/str.h"
#include "fs/echo.h"
#include "fs/operations.h"
#include "fs/reach.h"
#include "fs/watch-tell.h"
#include "fs/watch.h"

#define LONG_SECONDS 86400u
#define DEVICE_SHIFT 48 /* bits of an inode number above this tell file systems apart */

void attr_fill(struct server *s, const struct statx *st, struct fuse_attr *ret)
{
	uint64_t dev = (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;

	*ret = (struct fuse_attr){
		.ino = st->stx_ino ^ (uint64_t)devices_number(&s->devices, dev) << DEVICE_SHIFT,
		.size = st->stx_size,
		.blocks = st->stx_blocks,
		.atime = (uint64_t)st->stx_atime.tv_sec,
		.mtime = (uint64_t)st->stx_mtime.tv_sec,
		.ctime = (uint64_t)st->stx_ctime.tv_sec,
		.atimensec = st->stx_atime.tv_nsec,
		.mtimensec = st->stx_mtime.tv_nsec,
		.ctimensec = st->stx_ctime.tv_nsec,
		.mode = st->stx_mode,
		.nlink = st->stx_nlink,
		.uid = st->stx_uid,
		.gid = st->stx_gid,
		.rdev = (uint32_t)makedev(st->stx_rdev_major, st->stx_rdev_minor),
		.blksize = st->stx_blksize,
	};
}

static uint64_t attr_seconds(struct server *s, struct node *n, const struct statx *st)
{
	bool watched;

	if (S_ISDIR(st->stx_mode) || st->stx_nlink != 1 || n->is_share)
		watched = n->watch;
	else
		watched = watch_covers(s, n);
	return watched ? LONG_SECONDS : 0;
}

/* May the server read the file?  Root may read any. */
static bool is_readable(struct server *s, struct node *n)
{
	int fd, r;

	if (!s->bounded)
		return true;
	if (reach(&s->nodes, n, &fd) < 0)
		return false;
	r = faccessat(fd, "", R_OK, AT_EMPTY_PATH | AT_EACCESS);
	reach_done(&s->nodes, n);
	return r == 0;
}

static bool may_be_unasked(struct server *s, struct node *n, const struct statx *st)
{
	return S_ISDIR(st->stx_mode) ||
	       (S_ISREG(st->stx_mode) && is_readable(s, n) && reach_pin(&s->nodes, n));
}

void attr_tell(struct server *s, struct node *n, const struct statx *st, struct fuse_attr *ret,
	       uint64_t *ret_seconds)
{
	attr_fill(s, st, ret);
	*ret_seconds = attr_seconds(s, n, st);
	if (s->opens_unasked && *ret_seconds > 0 && may_be_unasked(s, n, st))
		ret->flags = SHARES_ATTR_UNASKED;
}

int entry_stat(int dir_fd, const char *name, struct statx *ret)
{
	return statx(dir_fd, name, AT_SYMLINK_NOFOLLOW, STATX_WANTED, ret) < 0 ? -errno : 0;
}

/* A call.devalue for replies that begin with an entry. */
static void entry_devalue(unsigned char *out, size_t len)
{
	struct fuse_entry_out *e = (void *)out;

	if (len >= sizeof(*e))
		e->entry_valid = e->attr_valid = 0;
}

static bool wants_watch(const struct node *n, const struct statx *st)
{
	return !n->watch && (S_ISDIR(st->stx_mode) || st->stx_nlink != 1 || n->is_share);
}

int entry_fill(struct call *c, struct node *dir, const char *name, struct statx *st,
	       struct fuse_entry_out *ret, struct node **ret_node)
{
	struct server *s = c->s;
	struct node_key key = node_key_of(st, !dir || dir->key.writable);
	struct node *n;
	int r = nodes_enter(&s->nodes, dir, name, &key, st->stx_mode, &n);

	if (r < 0)
		return r;
	if (s->nodes.crowded && atomic_exchange(&s->nodes.crowded, false))
		watch_crowded(s);
	if (wants_watch(n, st) && watch_begin(s, n))
		(void)reach_stat(&s->nodes, n, st);
	*ret = (struct fuse_entry_out){
		.nodeid = n->id,
		.entry_valid = !dir || dir->watch ? LONG_SECONDS : 0,
	};
	attr_tell(s, n, st, &ret->attr, &ret->attr_valid);
	c->devalue = entry_devalue;
	if (ret_node)
		*ret_node = n;
	else
		node_put(&s->nodes, n);
	return 0;
}

void entry_undo(struct call *c, const struct fuse_entry_out *e)
{
	nodes_forget(&c->s->nodes, e->nodeid, 1);
}

/* Looks a share up in the folder of the shares, where names are numbers. */
static int look_up_share(struct call *c)
{
	struct fuse_entry_out *e;
	struct server *s = c->s;
	struct node *n;
	struct statx st;
	uint32_t i;
	int r;

	if (str_to_u32(c->rq.names[0], &i) < 0 || i >= s->n_shares)
		return -ENOENT;
	n = s->shares[i].node;
	watch_begin(s, n);
	r = reach_stat(&s->nodes, n, &st);
	if (r < 0)
		return r;
	nodes_look_again(&s->nodes, n);
	e = call_reply(c, sizeof(*e));
	e->nodeid = n->id;
	e->entry_valid = LONG_SECONDS;
	attr_tell(s, n, &st, &e->attr, &e->attr_valid);
	c->devalue = entry_devalue;
	return 0;
}

/* Tells that there is nothing, which may be cached as well. */
static int tell_absence(struct call *c, const struct node *dir)
{
	struct fuse_entry_out *e;

	if (!dir->watch)
		return -ENOENT;
	e = call_reply(c, sizeof(*e));
	e->entry_valid = LONG_SECONDS;
	c->devalue = entry_devalue;
	return 0;
}

int entry_tell(struct call *c, struct node *dir, int dir_fd)
{
	const char *name = c->rq.names[0];
	struct statx st;
	int r = entry_stat(dir_fd, name, &st);

	if (r < 0)
		return r;
	return entry_fill(c, dir, name, &st, call_reply(c, sizeof(struct fuse_entry_out)), NULL);
}

static int look_up(struct call *c, struct node *dir)
{
	int dir_fd, r;

	if (dir->type != S_IFDIR)
		return -ENOTDIR;
	watch_begin(c->s, dir);
	r = call_reach(c, dir, &dir_fd);
	if (r < 0)
		return r;
	r = entry_tell(c, dir, dir_fd);
	return r == -ENOENT ? tell_absence(c, dir) : r;
}

int op_lookup(struct call *c)
{
	struct node *dir;
	int r;

	if (c->rq.head->nodeid == FUSE_ROOT_ID)
		return look_up_share(c);
	r = request_check_name(c->rq.names[0]);
	if (r == 0)
		r = call_own_node(c, &dir);
	if (r < 0)
		return r;
	return echo_is_one(c) ? echo_look_up(c, dir) : look_up(c, dir);
}

static int link_file(struct call *c, struct node *n, struct node *dir)
{
	char number[16];
	int fd, dir_fd, r = call_reach(c, n, &fd);

	if (r == 0)
		r = call_reach(c, dir, &dir_fd);
	if (r < 0)
		return r;
	fd_name(fd, number);
	if (linkat(AT_FDCWD, number, dir_fd, c->rq.names[0], AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return entry_tell(c, dir, dir_fd);
}

int op_link(struct call *c)
{
	const struct fuse_link_in *in = c->rq.fixed;
	struct node *dir, *n;
	int r = call_folder(c, &dir);

	if (r == 0)
		r = call_node(c, in->oldnodeid, &n);
	if (r < 0)
		return r;
	/* A file of a read-only share must not get a name in a writable one. */
	return n->key.writable ? link_file(c, n, dir) : -EROFS;
}
