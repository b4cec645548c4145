/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Names and values are passed on; the host's kernel decides which of them
 * this process may set: `user.`, access lists and file capabilities, but none of `trusted.`.
 */
#include <errno.h>
#include <linux/limits.h>
#include <sys/xattr.h>

#include "fs/call.h"
#include "fs/reach.h"

/* A node with a path to it, between name_node() and reach_done(). */
struct named {
	struct node *n;
	char path[16];
};

static int name_node(struct call *c, struct named *ret)
{
	int fd, r = call_node(c, c->rq.head->nodeid, &ret->n);

	if (r < 0)
		return r;
	r = reach(&c->s->nodes, ret->n, &fd);
	if (r < 0)
		node_put(&c->s->nodes, ret->n);
	else
		fd_name(fd, ret->path);
	return r;
}

static void name_done(struct call *c, struct named *named)
{
	reach_done(&c->s->nodes, named->n);
	node_put(&c->s->nodes, named->n);
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
	struct named named;
	ssize_t len;
	int r = name_node(c, &named);

	if (r < 0)
		return r;
	len = getxattr(named.path, c->rq.names[0], c->out, room_for(in, XATTR_SIZE_MAX));
	r = tell_value(c, in->size, len);
	name_done(c, &named);
	return r;
}

int op_listxattr(struct call *c)
{
	const struct fuse_getxattr_in *in = c->rq.fixed;
	struct named named;
	ssize_t len;
	int r = name_node(c, &named);

	if (r < 0)
		return r;
	len = listxattr(named.path, (char *)c->out, room_for(in, XATTR_LIST_MAX));
	r = tell_value(c, in->size, len);
	name_done(c, &named);
	return r;
}

int op_setxattr(struct call *c)
{
	const struct fuse_setxattr_in *in = c->rq.fixed;
	struct named named;
	int r = name_node(c, &named);

	if (r < 0)
		return r;
	if (!named.n->key.writable)
		r = -EROFS;
	else if (setxattr(named.path, c->rq.names[0], c->rq.data, c->rq.data_len, (int)in->flags) <
		 0)
		r = -errno;
	name_done(c, &named);
	return r;
}

int op_removexattr(struct call *c)
{
	struct named named;
	int r = name_node(c, &named);

	if (r < 0)
		return r;
	if (!named.n->key.writable)
		r = -EROFS;
	else if (removexattr(named.path, c->rq.names[0]) < 0)
		r = -errno;
	name_done(c, &named);
	return r;
}
