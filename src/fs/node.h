/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "fs/numbers.h"

/*
 * The files that the guest knows.  Each has a number, which the guest uses until it says that it
 * has forgotten it, and is known here by what it is (device, inode, time of birth) and by where it
 * was last seen (a name in a folder).  A descriptor of it is opened when it is needed, and kept for
 * as long as there are not too many.
 */

#define NODES_MAX (3u << 19) /* of the guest's, in all */

/* What a file is.  One that is reached through a read-only share is another one than the same file
 * through a writable share: the number must not say which the guest came by. */
struct node_key {
	uint64_t dev, ino, born_nsec;
	bool writable;
};

struct watch;

struct node {
	uint64_t id;	  /* the guest's number for it */
	uint64_t lookups; /* how often the guest was told that number, and has not forgotten it */
	unsigned refs;	  /* of users and of children, and one for @lookups */
	unsigned opens;	  /* descriptors of the guest's: @fd stays open */
	struct node_key key;
	mode_t type;	     /* S_IFMT */
	bool is_share;	     /* the root of a share: @fd is always open */
	struct node *parent; /* NULL for a share, and where it has no name */
	char *name;	     /* in @parent */
	int fd;		     /* O_PATH; -1: not open */
	bool is_pinned;	     /* it stays open for as long as the guest knows the file */
	unsigned fd_users;
	TAILQ_ENTRY(node) idle; /* with others whose descriptor could be closed */
	bool is_idle;
	struct node *next; /* of the same hash */
	/* Of watch.c: changes by others are told; NULL: they are not. */
	struct watch *_Atomic watch;
	atomic_bool unwatchable;
};

TAILQ_HEAD(node_list, node);

struct nodes {
	pthread_mutex_t lock; /* of all nodes but their keys and types, which stay */
	struct node **buckets;
	size_t n_buckets;
	struct numbers numbers;
	size_t crowded_at;     /* so many, and the guest is asked to forget some */
	atomic_bool crowded;   /* it is to be asked */
	struct node_list idle; /* the longest unused first */
	size_t n_fds, max_fds; /* of those that could be closed */
	size_t n_pinned, max_pinned;
	/** freed() - called without the lock, before a node is gone that has a watch, which is to
	 * be taken from it */
	void (*freed)(void *arg, struct node *n);
	void *arg;
};

/** nodes_init() - @max_fds: descriptors that are kept open for nodes that nobody has open;
 * @max_pinned: and of those that the guest may open unasked.  Return: 0; -ENOMEM. */
int nodes_init(struct nodes *t, size_t max_fds, size_t max_pinned);

/** nodes_bound() - the guest may know so many.  The bound is NODES_MAX until this is called. */
void nodes_bound(struct nodes *t, size_t max);

/** nodes_reset() - free all of them, whoever uses them */
void nodes_reset(struct nodes *t);

/** node_key_of() - @st: with STATX_BASIC_STATS and STATX_BTIME */
struct node_key node_key_of(const struct statx *st, bool writable);

/** nodes_add_share() - the root of a share.  @fd: O_PATH; owned from success on.  @ret: the same
 * node where the same file is shared again; borrowed.  Return: 0; -ENOMEM. */
int nodes_add_share(struct nodes *t, const struct node_key *key, mode_t type, int fd,
		    struct node **ret);

/**
 * nodes_enter() - the guest is told of a file: find it, or note it
 * @parent: of the same share; NULL for one without a name
 * @ret:    node_put(); one lookup more
 *
 * Return: 0; -ENFILE where the guest knows too many; -ENOMEM.
 */
int nodes_enter(struct nodes *t, struct node *parent, const char *name, const struct node_key *key,
		mode_t type, struct node **ret);

/** nodes_look_again() - one lookup more of a node.  */
void nodes_look_again(struct nodes *t, struct node *n);

/** nodes_get() - by the guest's number.  Return: node_put(); NULL where the guest has none of it.
 */
struct node *nodes_get(struct nodes *t, uint64_t id);

/** nodes_find() - by what it is.  Return: the same. */
struct node *nodes_find(struct nodes *t, const struct node_key *key);

/** node_ref() - one more user, who puts it */
void node_ref(struct nodes *t, struct node *n);

/** node_put() - NULL is accepted */
void node_put(struct nodes *t, struct node *n);

/** node_drop() - node_put() under the lock, which it may leave for a moment */
void node_drop(struct nodes *t, struct node *n);

/** nodes_forget() - the guest has forgotten @n lookups of a number, or more than there were */
void nodes_forget(struct nodes *t, uint64_t id, uint64_t n);

/** nodes_move() - a file is somewhere else now, where it is known */
void nodes_move(struct nodes *t, const struct node_key *key, struct node *parent, const char *name);

/** nodes_is_at() - is this where it was last seen? */
bool nodes_is_at(struct nodes *t, const struct node *n, const struct node *parent,
		 const char *name);

/** nodes_give_fd() - one of a file that was just opened, for a node that has none.  @fd: taken over
 */
void nodes_give_fd(struct nodes *t, struct node *n, int fd);

/** nodes_each() - one after the other.  @at: 0 at first.  Return: node_put(); NULL at the end. */
struct node *nodes_each(struct nodes *t, size_t *at);

/** nodes_place() - where a node was last seen.  @ret_name: NAME_MAX + 1 bytes.  Return: the folder,
 * node_put(); NULL where there is none. */
struct node *nodes_place(struct nodes *t, const struct node *n, char *ret_name);

/** nodes_open(), nodes_close() - the guest has opened it; @fd of it, held, stays; and closed it */
void nodes_open(struct nodes *t, struct node *n);
void nodes_close(struct nodes *t, struct node *n);
