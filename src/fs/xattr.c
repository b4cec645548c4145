/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Names and values are passed on; the host's kernel decides which of them
 * this process may set: `user.`, access lists and file capabilities, but none of `trusted.`.
 */
#include <errno.h>
#include <linux/limits.h>
#include <sys/xattr.h>

#include "fs/operations.h"

/* Gets a path to the node that a request is about, which may be one to change something. */
static int name_node(struct call *c, bool to_change, char ret_path[16])
{
	struct node *n;
	int fd, r = call_own_node(c, &n);

	if (r == 0)
		r = call_reach(c, n, &fd);
	if (r < 0)
		return r;
	if (to_change && !n->key.writable)
		return -EROFS;
	fd_name(fd, ret_path);
	return 0;
}

/* Tells a value: the guest asks for its length first, or says how much room it has. */
static int tell_value(struct call *c, size_t asked, ssize_t len)
{
	struct fuse_getxattr_out *out;

	if (len < 0)
		return -errno;
	if (asked > 0) {
		c->out_len = (size_t)len;
		return 0;
	}
	out = call_reply(c, sizeof(*out));
	out->size = (uint32_t)len;
	return 0;
}

static size_t room_for(const struct fuse_getxattr_in *in, size_t max)
{
	return in->size < max ? in->size : max;
}

int op_getxattr(struct call *c)
{
	const struct fuse_getxattr_in *in = c->rq.fixed;
	char path[16];
	ssize_t len;
	int r = name_node(c, false, path);

	if (r < 0)
		return r;
	len = getxattr(path, c->rq.names[0], c->out, room_for(in, XATTR_SIZE_MAX));
	return tell_value(c, in->size, len);
}

int op_listxattr(struct call *c)
{
	const struct fuse_getxattr_in *in = c->rq.fixed;
	char path[16];
	ssize_t len;
	int r = name_node(c, false, path);

	if (r < 0)
		return r;
	len = listxattr(path, (char *)c->out, room_for(in, XATTR_LIST_MAX));
	return tell_value(c, in->size, len);
}

int op_setxattr(struct call *c)
{
	const struct fuse_setxattr_in *in = c->rq.fixed;
	char path[16];
	int r = name_node(c, true, path);

	if (r == 0 &&
	    setxattr(path, c->rq.names[0], c->rq.data, c->rq.data_len, (int)in->flags) < 0)
		r = -errno;
	return r;
}

int op_removexattr(struct call *c)
{
	char path[16];
	int r = name_node(c, true, path);

	if (r == 0 && removexattr(path, c->rq.names[0]) < 0)
		r = -errno;
	return r;
}
