/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fs/echo.h"
#include "fs/entry.h"
#include "fs/operations.h"

static int remove_entry(struct call *c, int flags)
{
	struct node *dir;
	int dir_fd, r = call_folder(c, &dir);

	if (r < 0 || echo_is_one(c))
		return r;
	r = call_reach(c, dir, &dir_fd);
	if (r == 0 && unlinkat(dir_fd, c->rq.names[0], flags) < 0)
		r = -errno;
	return r;
}

int op_unlink(struct call *c)
{
	return remove_entry(c, 0);
}

int op_rmdir(struct call *c)
{
	return remove_entry(c, AT_REMOVEDIR);
}

struct renaming {
	struct node *from, *to;
	int from_fd, to_fd;
	unsigned flags;
};

/* Notes the new place of a file. */
static void note_move(struct call *c, struct node *dir, int dir_fd, const char *name)
{
	struct node_key key;
	struct statx st;

	if (entry_stat(dir_fd, name, &st) < 0)
		return;
	key = node_key_of(&st, dir->key.writable);
	nodes_move(&c->s->nodes, &key, dir, name);
}

static int rename_between(struct call *c, const struct renaming *n)
{
	const char *from = c->rq.names[0], *to = c->rq.names[1];

	if (renameat2(n->from_fd, from, n->to_fd, to, n->flags) < 0)
		return -errno;
	note_move(c, n->to, n->to_fd, to);
	if (n->flags & RENAME_EXCHANGE)
		note_move(c, n->from, n->from_fd, from);
	return 0;
}

static int rename_entry(struct call *c, uint64_t to, unsigned flags)
{
	struct renaming n = { .flags = flags };
	int r = call_folder(c, &n.from);

	if (r == 0)
		r = call_node(c, to, &n.to);
	if (r == 0 && !n.to->key.writable)
		r = -EROFS;
	if (r == 0)
		r = call_reach(c, n.from, &n.from_fd);
	if (r == 0)
		r = call_reach(c, n.to, &n.to_fd);
	return r == 0 ? rename_between(c, &n) : r;
}

int op_rename(struct call *c)
{
	const struct fuse_rename_in *in = c->rq.fixed;

	return rename_entry(c, in->newdir, 0);
}

int op_rename2(struct call *c)
{
	const struct fuse_rename2_in *in = c->rq.fixed;

	/* RENAME_WHITEOUT is refused, as it would leave a device node. */
	if (in->flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	return rename_entry(c, in->newdir, in->flags);
}
