/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "fs/echo.h"
#include "fs/operations.h"
#include "fs/reach.h"

static const struct operation operations[] = {
	[FUSE_LOOKUP] = { op_lookup },
	[FUSE_FORGET] = { op_forget },
	[FUSE_GETATTR] = { op_getattr },
	[FUSE_SETATTR] = { op_setattr },
	[FUSE_READLINK] = { op_readlink },
	[FUSE_SYMLINK] = { op_symlink },
	[FUSE_MKNOD] = { op_mknod },
	[FUSE_MKDIR] = { op_mkdir },
	[FUSE_UNLINK] = { op_unlink },
	[FUSE_RMDIR] = { op_rmdir },
	[FUSE_RENAME] = { op_rename },
	[FUSE_LINK] = { op_link },
	[FUSE_OPEN] = { op_open },
	[FUSE_READ] = { op_read },
	[FUSE_WRITE] = { op_write },
	[FUSE_STATFS] = { op_statfs },
	[FUSE_RELEASE] = { op_release },
	[FUSE_FSYNC] = { op_fsync, .slow = true },
	[FUSE_SETXATTR] = { op_setxattr },
	[FUSE_GETXATTR] = { op_getxattr },
	[FUSE_LISTXATTR] = { op_listxattr },
	[FUSE_REMOVEXATTR] = { op_removexattr },
	[FUSE_FLUSH] = { op_flush },
	[FUSE_INIT] = { op_init, .early = true },
	[FUSE_OPENDIR] = { op_opendir },
	[FUSE_READDIR] = { op_readdir },
	[FUSE_RELEASEDIR] = { op_releasedir },
	[FUSE_FSYNCDIR] = { op_fsyncdir, .slow = true },
	[FUSE_GETLK] = { op_getlk },
	[FUSE_SETLK] = { op_setlk },
	[FUSE_SETLKW] = { op_setlkw },
	[FUSE_CREATE] = { op_create },
	[FUSE_INTERRUPT] = { op_interrupt },
	[FUSE_DESTROY] = { op_destroy },
	[FUSE_BATCH_FORGET] = { op_batch_forget },
	[FUSE_FALLOCATE] = { op_fallocate, .slow = true },
	[FUSE_READDIRPLUS] = { op_readdirplus },
	[FUSE_RENAME2] = { op_rename2 },
	[FUSE_LSEEK] = { op_lseek },
	[FUSE_COPY_FILE_RANGE] = { op_copy_file_range, .slow = true },
	[FUSE_TMPFILE] = { op_tmpfile },
};

static const struct operation begin = { op_begin, .early = true };
static const struct operation taken = { op_taken, .early = true };
static const struct operation opened = { op_opened };

const struct operation *operation_of(uint32_t opcode)
{
	if (opcode == SHARES_BEGIN)
		return &begin;
	if (opcode == SHARES_TAKEN)
		return &taken;
	if (opcode == SHARES_OPEN)
		return &opened;
	return opcode < ARRAY_SIZE(operations) && operations[opcode].fn ? &operations[opcode]
									: NULL;
}

void *call_reply(struct call *c, size_t len)
{
	memset(c->out, 0, len);
	c->out_len = len;
	return c->out;
}

int call_node(struct call *c, uint64_t id, struct node **ret)
{
	struct node *n = nodes_get(&c->s->nodes, id);

	if (!n)
		return -ESTALE;
	c->nodes[c->n_nodes++] = n;
	*ret = n;
	return 0;
}

int call_own_node(struct call *c, struct node **ret)
{
	return call_node(c, c->rq.head->nodeid, ret);
}

int call_reach(struct call *c, struct node *n, int *ret_fd)
{
	int r = reach(&c->s->nodes, n, ret_fd);

	if (r == 0)
		c->reached[c->n_reached++] = n;
	return r;
}

void call_hold_file(struct call *c, struct file *f)
{
	c->files[c->n_files++] = f;
}

void call_over(struct call *c)
{
	while (c->n_files > 0)
		files_put(&c->s->files, c->files[--c->n_files]);
	while (c->n_reached > 0)
		reach_done(&c->s->nodes, c->reached[--c->n_reached]);
	while (c->n_nodes > 0)
		node_put(&c->s->nodes, c->nodes[--c->n_nodes]);
}

int call_folder(struct call *c, struct node **ret)
{
	bool is_link = c->rq.head->opcode == FUSE_SYMLINK; /* its second string may hold anything */
	struct node *n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < REQUEST_NAMES_MAX && c->rq.names[i]; i++)
		if (i == 0 || !is_link)
			r = request_check_name(c->rq.names[i]);
	if (r == 0)
		r = call_own_node(c, &n);
	if (r < 0)
		return r;
	if (n->type != S_IFDIR)
		return -ENOTDIR;
	if (!n->key.writable && !echo_is_one(c))
		return -EROFS;
	*ret = n;
	return 0;
}

void fd_name(int fd, char *ret)
{
	snprintf(ret, 16, "%d", fd);
}
