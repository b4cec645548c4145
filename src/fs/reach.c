/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  No path is ever walked: a name without a slash is opened in a folder that
 * is open, without following a link, and what comes is kept only if it is the file that the guest
 * was told of.  So nothing that anybody renames or links meanwhile leads out of a share.
 *
 * A node keeps its descriptor until others need the room; one that the guest has open, or may open
 * without asking, or that is a share, keeps it for good.
 */
#include "fs/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mutex.h"

#define DEPTH_MAX 4096 /* rounds of reach(), one for each closed folder */

static bool may_close(const struct node *n)
{
	return n->fd >= 0 && n->fd_users == 0 && n->opens == 0 && !n->is_share && !n->is_pinned;
}

void reach_keep(struct nodes *t, struct node *n)
{
	if (n->is_idle)
		TAILQ_REMOVE(&t->idle, n, idle);
	n->is_idle = false;
}

void reach_drop(struct nodes *t, struct node *n)
{
	reach_keep(t, n);
	if (n->is_pinned)
		t->n_pinned--;
	else if (n->fd >= 0 && !n->is_share)
		t->n_fds--;
}

static void make_room(struct nodes *t)
{
	struct node *n;

	while (t->n_fds > t->max_fds && (n = TAILQ_FIRST(&t->idle))) {
		reach_drop(t, n);
		close(n->fd);
		n->fd = -1;
	}
}

void reach_idle(struct nodes *t, struct node *n)
{
	if (!may_close(n) || n->is_idle)
		return;
	TAILQ_INSERT_TAIL(&t->idle, n, idle);
	n->is_idle = true;
	make_room(t);
}

/* Holds the descriptor.  Under the lock. */
static int hold_fd(struct nodes *t, struct node *n)
{
	reach_keep(t, n);
	n->fd_users++;
	return n->fd;
}

static void let_go(struct nodes *t, struct node *n)
{
	n->fd_users--;
	reach_idle(t, n);
}

void reach_done(struct nodes *t, struct node *n)
{
	mutex_hold(&t->lock);
	let_go(t, n);
}

static void pin_node(struct nodes *t, struct node *n)
{
	if (n->is_pinned)
		return;
	n->is_pinned = true;
	t->n_pinned++;
	t->n_fds--;
}

bool reach_pin(struct nodes *t, struct node *n)
{
	bool done, full;
	int fd;

	pthread_mutex_lock(&t->lock);
	done = n->is_pinned || n->is_share;
	full = t->n_pinned >= t->max_pinned;
	pthread_mutex_unlock(&t->lock);
	if (done || full || reach(t, n, &fd) < 0)
		return done;
	pthread_mutex_lock(&t->lock);
	pin_node(t, n);
	let_go(t, n);
	pthread_mutex_unlock(&t->lock);
	return true;
}

static bool is_same(const struct node *n, const struct statx *st)
{
	struct node_key key = node_key_of(st, n->key.writable);

	return key.ino == n->key.ino && key.dev == n->key.dev &&
	       key.born_nsec == n->key.born_nsec && (st->stx_mode & S_IFMT) == n->type;
}

static int open_child(int dir_fd, const char *name, const struct node *n, int *ret_fd)
{
	cleanup_close int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statx st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? -ESTALE : -errno;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_WANTED, &st) < 0)
		return -errno;
	if (!is_same(n, &st))
		return -ESTALE;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Finds the topmost closed folder on the way to @n; the folder that it is in is open.  NULL where
 * the way does not begin at a share. */
static struct node *first_closed(struct node *n)
{
	while (n->parent && n->parent->fd < 0)
		n = n->parent;
	return n->parent && n->name ? n : NULL;
}

/* Opens one folder, or the file itself.  Under the lock, except during the call. */
static int open_next(struct nodes *t, struct node *next)
{
	struct node *dir = next->parent;
	int dir_fd = hold_fd(t, dir), fd = -1, r;
	char name[NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s", next->name);
	dir->refs++;
	next->refs++;
	pthread_mutex_unlock(&t->lock);
	r = open_child(dir_fd, name, next, &fd);
	pthread_mutex_lock(&t->lock);
	let_go(t, dir);
	if (r == 0 && next->fd < 0) {
		next->fd = fd;
		t->n_fds++;
		reach_idle(t, next);
	} else if (r == 0) {
		close(fd);
	}
	node_drop(t, next);
	node_drop(t, dir);
	return r;
}

int reach(struct nodes *t, struct node *n, int *ret_fd)
{
	struct node *next;
	int r = 0;

	mutex_hold(&t->lock);
	for (unsigned i = 0; r == 0 && n->fd < 0; i++) {
		next = first_closed(n);
		r = next && i < DEPTH_MAX ? open_next(t, next) : -ESTALE;
	}
	if (r == 0)
		*ret_fd = hold_fd(t, n);
	return r;
}

/* Reads attributes by one call in place of two, for a file that is not open. */
static int stat_in_folder(struct nodes *t, struct node *n, struct statx *ret)
{
	char name[NAME_MAX + 1];
	struct node *dir;
	int fd, r;

	if (n->fd >= 0) /* it may have been opened meanwhile: this is only a hint */
		return -ENOENT;
	dir = nodes_place(t, n, name);
	if (!dir)
		return -ENOENT;
	r = reach(t, dir, &fd);
	if (r == 0) {
		r = statx(fd, name, AT_SYMLINK_NOFOLLOW, STATX_WANTED, ret) < 0 ? -errno : 0;
		reach_done(t, dir);
	}
	node_put(t, dir);
	return r == 0 && !is_same(n, ret) ? -ESTALE : r;
}

int reach_stat(struct nodes *t, struct node *n, struct statx *ret)
{
	int fd, r = stat_in_folder(t, n, ret);

	if (r == 0)
		return 0;
	r = reach(t, n, &fd);
	if (r < 0)
		return r;
	r = statx(fd, "", AT_EMPTY_PATH, STATX_WANTED, ret) < 0 ? -errno : 0;
	reach_done(t, n);
	return r;
}
