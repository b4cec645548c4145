/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A change that somebody makes on the host wakes nobody in the guest: its
 * kernel sees only what goes through it.  So the guest's waker does there what was done here: it
 * makes what is new, removes what is gone, truncates a file to the length it has.  The requests
 * that come of that are recognized by their thread and group, and change nothing.
 *
 * A guest that lies about it has fewer of its own changes made, and nothing more.
 */
#include "fs/echo.h"

#include <errno.h>
#include <sys/stat.h>

#include "fs/entry.h"

/* No file system has this number. */
#define GHOST_DEV UINT64_MAX

/* Can a request of this kind be the waker's?  Each of these asks echo_is_one() before it changes
 * anything. */
static bool can_be_one(uint32_t opcode)
{
	switch (opcode) {
	case FUSE_LOOKUP:
	case FUSE_OPEN:
	case FUSE_SETATTR:
	case FUSE_MKNOD:
	case FUSE_MKDIR:
	case FUSE_SYMLINK:
	case FUSE_UNLINK:
	case FUSE_RMDIR:
		return true;
	default:
		return false;
	}
}

bool echo_is_one(const struct call *c)
{
	const struct fuse_in_header *head = c->rq.head;
	uint32_t waker = c->s->waker;

	return waker != 0 && head->pid == waker && head->gid >= SHARES_GID_CREATE &&
	       head->gid <= SHARES_GID_TOUCH && can_be_one(head->opcode);
}

/* Shows a file that the waker is to remove: nothing is there, and nothing can be reached by its
 * number. */
static int tell_ghost(struct call *c, struct node *dir, mode_t type)
{
	static atomic_uint_fast64_t last;
	struct node_key key = { .dev = GHOST_DEV, .ino = ++last, .writable = dir->key.writable };
	struct fuse_entry_out *e = call_reply(c, sizeof(*e));
	struct node *n;
	int r = nodes_enter(&c->s->nodes, NULL, "", &key, type, &n);

	if (r < 0)
		return r;
	e->nodeid = n->id;
	e->attr = (struct fuse_attr){ .ino = key.ino, .mode = type | 0600, .nlink = 1 };
	node_put(&c->s->nodes, n);
	return 0;
}

static int look_up(struct call *c, struct node *dir)
{
	int dir_fd, r = call_reach(c, dir, &dir_fd);

	return r == 0 ? entry_tell(c, dir, dir_fd) : r;
}

int echo_look_up(struct call *c, struct node *dir)
{
	switch (c->rq.head->gid) {
	case SHARES_GID_CREATE:
		return -ENOENT;
	case SHARES_GID_REMOVE:
		return tell_ghost(c, dir, S_IFREG);
	case SHARES_GID_REMOVE_DIR:
		return tell_ghost(c, dir, S_IFDIR);
	default:
		return look_up(c, dir);
	}
}

int echo_make(struct call *c, struct node *dir, mode_t type)
{
	struct fuse_entry_out *e;
	int r = look_up(c, dir);

	if (r < 0)
		return r;
	e = (void *)c->out;
	if ((e->attr.mode & S_IFMT) == type)
		return 0;
	entry_undo(c, e);
	return -EEXIST;
}
