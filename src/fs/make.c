/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  New files get the user, group and umask of the guest's processes that make
 * them; the host's file system knows the folder's default access list and group.
 *
 * A file is created only where nothing is, and opened only when it is seen to be a plain file: an
 * open of what somebody has put there meanwhile could hang, or do things to a device.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fs/creds.h"
#include "fs/echo.h"
#include "fs/entry.h"
#include "fs/open.h"
#include "fs/operations.h"
#include "fs/reach.h"

/* What is to be made.  @fd: of a file that was created; -1 */
struct making {
	int dir_fd;
	const char *name, *target;
	mode_t type, mode, mask;
	int flags;
	int fd;
};

static int make_node(struct making *m)
{
	int r;

	if (m->type == S_IFDIR)
		r = mkdirat(m->dir_fd, m->name, m->mode);
	else if (m->type == S_IFLNK)
		r = symlinkat(m->target, m->dir_fd, m->name);
	else
		r = mknodat(m->dir_fd, m->name, m->type | m->mode, 0);
	return r < 0 ? -errno : 0;
}

static int make_file(struct making *m)
{
	m->fd = openat(m->dir_fd, m->name, m->flags | O_CREAT | O_EXCL, m->mode);
	return m->fd < 0 ? -errno : 0;
}

static int make_nameless(struct making *m)
{
	m->fd = openat(m->dir_fd, ".", m->flags | O_TMPFILE, m->mode);
	return m->fd < 0 ? -errno : 0;
}

/* Makes a file as the user who asks. */
static int make_as_user(struct call *c, struct making *m, int (*make)(struct making *))
{
	const struct fuse_in_header *head = c->rq.head;
	int r = creds_enter(head->uid, head->gid, m->mask);

	if (r < 0)
		return r;
	r = make(m);
	creds_leave();
	return r;
}

static int make_entry(struct call *c, struct making *m)
{
	struct node *dir;
	int r = call_folder(c, &dir);

	if (r < 0)
		return r;
	if (echo_is_one(c))
		return echo_make(c, dir, m->type);
	m->name = c->rq.names[0];
	r = call_reach(c, dir, &m->dir_fd);
	if (r == 0)
		r = make_as_user(c, m, make_node);
	return r == 0 ? entry_tell(c, dir, m->dir_fd) : r;
}

int op_mknod(struct call *c)
{
	const struct fuse_mknod_in *in = c->rq.fixed;
	struct making m = { .type = in->mode & S_IFMT,
			    .mode = in->mode & 07777,
			    .mask = in->umask };

	/* Devices are refused: their numbers mean the host's devices; the guest has its own /dev.
	 */
	if (m.type != S_IFREG && m.type != S_IFIFO && m.type != S_IFSOCK)
		return -EPERM;
	return make_entry(c, &m);
}

int op_mkdir(struct call *c)
{
	const struct fuse_mkdir_in *in = c->rq.fixed;
	struct making m = { .type = S_IFDIR, .mode = in->mode & 07777, .mask = in->umask };

	return make_entry(c, &m);
}

int op_symlink(struct call *c)
{
	struct making m = { .type = S_IFLNK, .target = c->rq.names[1] };

	return make_entry(c, &m);
}

/* Another descriptor of the file, which cannot be written to.  A writable one that stays open would
 * keep the host from executing the file, and from making its file system read-only. */
static int hold_file(int fd)
{
	char number[16];

	fd_name(fd, number);
	return openat(AT_FDCWD, number, O_PATH | O_CLOEXEC);
}

/* Replies to CREATE and TMPFILE with an entry and an open file.  @fd: taken over. */
static int tell_open(struct call *c, struct node *dir, const struct making *m, int fd)
{
	struct {
		struct fuse_entry_out e;
		struct fuse_open_out o;
	} *out = call_reply(c, sizeof(*out));
	cleanup_close int owned = fd;
	struct node *n;
	struct statx st;
	int copy, r;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_WANTED, &st) < 0)
		return -errno;
	r = entry_fill(c, dir, m->name, &st, &out->e, &n);
	if (r < 0)
		return r;
	nodes_open(&c->s->nodes, n);
	copy = hold_file(fd);
	if (copy >= 0)
		nodes_give_fd(&c->s->nodes, n, copy);
	r = open_note(c, n, take_fd(&owned), m->flags, &out->o);
	if (r < 0)
		entry_undo(c, &out->e);
	node_put(&c->s->nodes, n);
	return r;
}

/* Opens a file that somebody else has just made, where the guest did not ask for a new one. */
static int open_existing(const struct making *m, int *ret_fd)
{
	cleanup_close int fd = openat(m->dir_fd, m->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : open_again(fd, m->flags, ret_fd);
}

static int create_file(struct call *c, struct node *dir, struct making *m, bool new_only)
{
	int r = call_reach(c, dir, &m->dir_fd);

	if (r == 0)
		r = make_as_user(c, m, make_file);
	if (r == -EEXIST && !new_only)
		r = open_existing(m, &m->fd);
	return r == 0 ? tell_open(c, dir, m, m->fd) : r;
}

int op_create(struct call *c)
{
	const struct fuse_create_in *in = c->rq.fixed;
	struct making m = { .name = c->rq.names[0],
			    .mode = in->mode & 07777,
			    .mask = in->umask,
			    .flags = open_flags(in->flags) | (int)(in->flags & O_TRUNC),
			    .fd = -1 };
	struct node *dir;
	int r = call_folder(c, &dir);

	return r == 0 ? create_file(c, dir, &m, in->flags & O_EXCL) : r;
}

int op_tmpfile(struct call *c)
{
	const struct fuse_create_in *in = c->rq.fixed;
	struct making m = { .mode = in->mode & 07777,
			    .mask = in->umask,
			    .flags = open_flags(in->flags),
			    .fd = -1 };
	struct node *dir;
	int r = call_own_node(c, &dir);

	if (r == 0)
		r = dir->key.writable ? call_reach(c, dir, &m.dir_fd) : -EROFS;
	if (r == 0)
		r = make_as_user(c, &m, make_nameless);
	return r == 0 ? tell_open(c, NULL, &m, m.fd) : r;
}
