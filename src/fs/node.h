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
 * has forgotten it.  The server knows it by what it is (device, inode, time of birth) and by where
 * it was last seen (a name in a folder).  Its descriptor is opened when it is needed, and kept
 * while there are not too many.
 */

#define NODES_MAX (3u << 19) /* files that a guest may know */

/* The identity of a file.  A file reached through a read-only share is not the same node as through
 * a writable one: the number alone would not say which way the guest came. */
struct node_key {
	uint64_t dev, ino, born_nsec;
	bool writable;
};

struct watch;

struct node {
	uint64_t id;	  /* the guest's number for it */
	uint64_t lookups; /* how often the guest was told the number, less what it has forgotten */
	unsigned refs;	  /* users, children, and one for @lookups */
	unsigned opens;	  /* open files of the guest's: @fd stays open */
	struct node_key key;
	mode_t type;	     /* S_IFMT */
	bool is_share;	     /* the root of a share: @fd is always open */
	struct node *parent; /* NULL for a share, and for a file without a name */
	char *name;	     /* in @parent */
	int fd;		     /* O_PATH; -1: not open */
	bool is_pinned;	     /* @fd stays open for as long as the guest knows the file */
	unsigned fd_users;
	TAILQ_ENTRY(node) idle; /* in the list of nodes whose descriptor could be closed */
	bool is_idle;
	struct node *next; /* of the same hash */
	/* Of watch.c, which tells changes that others make; NULL: it does not. */
	struct watch *_Atomic watch;
	atomic_bool unwatchable;
};

TAILQ_HEAD(node_list, node);

struct nodes {
	pthread_mutex_t lock; /* guards all nodes except keys and types, which never change */
	struct node **buckets;
	size_t n_buckets;
	struct numbers numbers;
	size_t crowded_at;     /* with so many the guest is asked to forget some */
	atomic_bool crowded;   /* the guest is to be asked */
	struct node_list idle; /* longest unused first */
	size_t n_fds, max_fds; /* descriptors that could be closed */
	size_t n_pinned, max_pinned;
	/** freed() - called without the lock, before a node with a watch is freed, to take the
	 * watch from it */
	void (*freed)(void *arg, struct node *n);
	void *arg;
};

/** nodes_init() - make an empty table.  @max_fds: descriptors kept for nodes that nobody has open;
 * @max_pinned: descriptors of nodes that the guest may open unasked.  Return: 0; -ENOMEM. */
int nodes_init(struct nodes *t, size_t max_fds, size_t max_pinned);

/** nodes_bound() - set how many files the guest may know; NODES_MAX until this is called */
void nodes_bound(struct nodes *t, size_t max);

/** nodes_reset() - free all nodes, whoever uses them */
void nodes_reset(struct nodes *t);

/** node_key_of() - make a file's key.  @st: with STATX_BASIC_STATS and STATX_BTIME */
struct node_key node_key_of(const struct statx *st, bool writable);

/** nodes_add_share() - add the root of a share.  @fd: O_PATH; owned from success on.  @ret: the
 * same node where the same file is shared again; borrowed.  Return: 0; -ENOMEM. */
int nodes_add_share(struct nodes *t, const struct node_key *key, mode_t type, int fd,
		    struct node **ret);

/**
 * nodes_enter() - find the node of a file that the guest is told of, or make it
 * @parent: of the same share; NULL for one without a name
 * @ret:    node_put(); one lookup more
 *
 * Return: 0; -ENFILE where the guest knows too many; -ENOMEM.
 */
int nodes_enter(struct nodes *t, struct node *parent, const char *name, const struct node_key *key,
		mode_t type, struct node **ret);

/** nodes_look_again() - count one lookup more of a node */
void nodes_look_again(struct nodes *t, struct node *n);

/** nodes_get() - find a node by the guest's number.  Return: node_put(); NULL where the guest does
 * not have this number. */
struct node *nodes_get(struct nodes *t, uint64_t id);

/** nodes_find() - find a node by its key.  Return: as nodes_get(). */
struct node *nodes_find(struct nodes *t, const struct node_key *key);

/** node_ref() - add a user, who puts the node later */
void node_ref(struct nodes *t, struct node *n);

/** node_put() - give up a use; NULL is accepted */
void node_put(struct nodes *t, struct node *n);

/** node_drop() - node_put() under the lock, which is released for a moment where needed */
void node_drop(struct nodes *t, struct node *n);

/** nodes_forget() - the guest has forgotten @n lookups of a number, or claims more than there were
 */
void nodes_forget(struct nodes *t, uint64_t id, uint64_t n);

/** nodes_move() - note a file's new place, where the file is known */
void nodes_move(struct nodes *t, const struct node_key *key, struct node *parent, const char *name);

/** nodes_is_at() - was the node last seen at this place? */
bool nodes_is_at(struct nodes *t, const struct node *n, const struct node *parent,
		 const char *name);

/** nodes_give_fd() - give a node a descriptor that was just opened, if it has none.  @fd: taken
 * over */
void nodes_give_fd(struct nodes *t, struct node *n, int fd);

/** nodes_each() - walk over all nodes.  @at: 0 at first.  Return: node_put(); NULL at the end. */
struct node *nodes_each(struct nodes *t, size_t *at);

/** nodes_place() - tell where a node was last seen.  @ret_name: NAME_MAX + 1 bytes.  Return: the
 * folder, node_put(); NULL where there is none. */
struct node *nodes_place(struct nodes *t, const struct node *n, char *ret_name);

/** nodes_open(), nodes_close() - count the guest's opens of a node: its @fd, which is held, stays
 * open meanwhile */
void nodes_open(struct nodes *t, struct node *n);
void nodes_close(struct nodes *t, struct node *n);
