/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Numbers are places in an array, with a generation, so that a number which
 * was forgotten leads nowhere.
 *
 * A node is there for as long as the guest has lookups of it, somebody uses it, or a child of it is
 * there.  The guest is hostile: it may forget too often, or never; the table has a bound.  A guest
 * that comes near it is asked to forget files that it does not use.
 */
#include "fs/node.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/mutex.h"
#include "base/str.h"
#include "fs/node-hash.h"
#include "fs/reach.h"

#define ID_FIRST 2 /* 1 is the folder of the shares */

#define NODES_MANY(t) ((t)->numbers.max / 8 * 7)
#define NODES_FEW(t)  ((t)->numbers.max / 4 * 3)
#define NODES_STEP(t) ((t)->numbers.max / 64) /* after so many more, the guest is asked again */

void nodes_bound(struct nodes *t, size_t max)
{
	t->numbers.max = max;
	t->crowded_at = NODES_MANY(t);
}

int nodes_init(struct nodes *t, size_t max_fds, size_t max_pinned)
{
	*t = (struct nodes){ .max_fds = max_fds, .max_pinned = max_pinned };
	pthread_mutex_init(&t->lock, NULL);
	TAILQ_INIT(&t->idle);
	nodes_bound(t, NODES_MAX);
	return node_hash_init(t);
}

static void free_node(struct node *n)
{
	if (n->fd >= 0)
		close(n->fd);
	free(n->name);
	free(n);
}

void nodes_reset(struct nodes *t)
{
	for (size_t i = 0; i < t->numbers.n_slots; i++)
		if (t->numbers.slots[i].item)
			free_node(t->numbers.slots[i].item);
	numbers_reset(&t->numbers);
	free(t->buckets);
	pthread_mutex_destroy(&t->lock);
	*t = (struct nodes){ 0 };
}

struct node_key node_key_of(const struct statx *st, bool writable)
{
	struct node_key key = {
		.dev = (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor,
		.ino = st->stx_ino,
		.writable = writable,
	};

	if (st->stx_mask & STATX_BTIME)
		key.born_nsec =
			(uint64_t)st->stx_btime.tv_sec * NSEC_PER_SEC + st->stx_btime.tv_nsec;
	return key;
}

/* Asks the guest to forget where it knows too much: a guest with much memory knows ever more files
 * of a large tree, and forgets none by itself. */
static void note_added(struct nodes *t)
{
	if (t->numbers.n_used < t->crowded_at)
		return;
	t->crowded_at = t->numbers.n_used + NODES_STEP(t);
	t->crowded = true;
}

static void note_removed(struct nodes *t)
{
	if (t->numbers.n_used < NODES_FEW(t))
		t->crowded_at = NODES_MANY(t);
}

static int make_node(struct nodes *t, const struct node_key *key, mode_t type, struct node **ret)
{
	struct node *n = calloc(1, sizeof(*n));
	uint64_t number;
	int r;

	if (!n)
		return -ENOMEM;
	n->key = *key;
	n->type = type & S_IFMT;
	n->fd = -1;
	r = numbers_add(&t->numbers, n, &number);
	if (r < 0) {
		free(n);
		return r;
	}
	n->id = number + ID_FIRST;
	node_hash_add(t, n);
	note_added(t);
	*ret = n;
	return 0;
}

/* Frees a node that nobody refers to any more, and then maybe the folder it was in. */
void node_drop(struct nodes *t, struct node *n)
{
	while (n && --n->refs == 0) {
		struct node *parent = n->parent;

		if (n->watch) {
			n->refs++; /* looked at again, without its watch */
			pthread_mutex_unlock(&t->lock);
			t->freed(t->arg, n);
			pthread_mutex_lock(&t->lock);
			continue;
		}
		reach_drop(t, n);
		node_hash_remove(t, n);
		numbers_remove(&t->numbers, n->id - ID_FIRST);
		note_removed(t);
		free_node(n);
		n = parent;
	}
}

int nodes_add_share(struct nodes *t, const struct node_key *key, mode_t type, int fd,
		    struct node **ret)
{
	struct node *n;
	int r = 0;

	pthread_mutex_lock(&t->lock);
	n = node_hash_find(t, key);
	if (n)
		close(fd);
	else
		r = make_node(t, key, type, &n);
	if (r == 0 && !n->is_share) {
		n->is_share = true;
		n->refs = 1;
		n->fd = fd;
	}
	pthread_mutex_unlock(&t->lock);
	if (r == 0)
		*ret = n;
	return r;
}

/* Adds one lookup.  Under the lock. */
static void look_at_node(struct node *n)
{
	if (n->lookups++ == 0)
		n->refs++;
}

/* Under the lock.  Without memory for the name the old one stays, and may lead nowhere. */
static void put_at(struct nodes *t, struct node *n, struct node *parent, const char *name)
{
	struct node *old = n->parent;
	char *copy;

	if (n->is_share || !parent || parent == n)
		return;
	if (old == parent && n->name && streq(n->name, name))
		return;
	copy = strdup(name);
	if (!copy)
		return;
	/* No folder may be in itself, whatever races of renames made it look like. */
	for (struct node *up = parent; up; up = up->parent)
		if (up == n) {
			free(copy);
			return;
		}
	free(n->name);
	n->name = copy;
	parent->refs++;
	n->parent = parent;
	node_drop(t, old);
}

int nodes_enter(struct nodes *t, struct node *parent, const char *name, const struct node_key *key,
		mode_t type, struct node **ret)
{
	struct node *n;
	int r = 0;

	mutex_hold(&t->lock);
	n = node_hash_find(t, key);
	if (n && n->type != (type & S_IFMT)) {
		node_hash_remove(t, n); /* the number is another file's now; no birth time told */
		n = NULL;
	}
	if (!n)
		r = make_node(t, key, type, &n);
	if (r == 0) {
		look_at_node(n);
		n->refs++;
		put_at(t, n, parent, name);
		*ret = n;
	}
	return r;
}

void nodes_look_again(struct nodes *t, struct node *n)
{
	mutex_hold(&t->lock);
	look_at_node(n);
}

/* Under the lock. */
static struct node *by_id(const struct nodes *t, uint64_t id)
{
	struct node *n = id >= ID_FIRST ? numbers_find(&t->numbers, id - ID_FIRST) : NULL;

	return n && n->lookups > 0 ? n : NULL;
}

struct node *nodes_get(struct nodes *t, uint64_t id)
{
	struct node *n;

	mutex_hold(&t->lock);
	n = by_id(t, id);
	if (n)
		n->refs++;
	return n;
}

struct node *nodes_find(struct nodes *t, const struct node_key *key)
{
	struct node *n;

	mutex_hold(&t->lock);
	n = node_hash_find(t, key);
	if (n)
		n->refs++;
	return n;
}

void node_ref(struct nodes *t, struct node *n)
{
	mutex_hold(&t->lock);
	n->refs++;
}

void node_put(struct nodes *t, struct node *n)
{
	if (!n)
		return;
	mutex_hold(&t->lock);
	node_drop(t, n);
}

void nodes_forget(struct nodes *t, uint64_t id, uint64_t n)
{
	struct node *node;

	mutex_hold(&t->lock);
	node = by_id(t, id);
	if (node && n > 0) {
		node->lookups -= n < node->lookups ? n : node->lookups;
		if (node->lookups == 0)
			node_drop(t, node);
	}
}

void nodes_move(struct nodes *t, const struct node_key *key, struct node *parent, const char *name)
{
	struct node *n;

	mutex_hold(&t->lock);
	n = node_hash_find(t, key);
	if (n)
		put_at(t, n, parent, name);
}

bool nodes_is_at(struct nodes *t, const struct node *n, const struct node *parent, const char *name)
{
	mutex_hold(&t->lock);
	return n->parent == parent && n->name && streq(n->name, name);
}

void nodes_open(struct nodes *t, struct node *n)
{
	mutex_hold(&t->lock);
	n->opens++;
	n->refs++;
	reach_keep(t, n);
}

void nodes_close(struct nodes *t, struct node *n)
{
	mutex_hold(&t->lock);
	if (--n->opens == 0)
		reach_idle(t, n);
	node_drop(t, n);
}

void nodes_give_fd(struct nodes *t, struct node *n, int fd)
{
	pthread_mutex_lock(&t->lock);
	if (n->fd < 0) {
		n->fd = fd;
		t->n_fds++;
		reach_idle(t, n);
		fd = -1;
	}
	pthread_mutex_unlock(&t->lock);
	if (fd >= 0)
		close(fd);
}

struct node *nodes_each(struct nodes *t, size_t *at)
{
	struct node *n = NULL;

	mutex_hold(&t->lock);
	while (!n && *at < t->numbers.n_slots)
		n = t->numbers.slots[(*at)++].item;
	if (n)
		n->refs++;
	return n;
}

struct node *nodes_place(struct nodes *t, const struct node *n, char *ret_name)
{
	struct node *dir;

	mutex_hold(&t->lock);
	dir = n->name ? n->parent : NULL;
	if (dir) {
		dir->refs++;
		snprintf(ret_name, NAME_MAX + 1, "%s", n->name);
	}
	return dir;
}
