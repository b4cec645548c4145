/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct file;
struct node;
struct server;

#define LOCKS_MAX 4096u /* holders, and as many waiting */

enum lock_kind {
	LOCK_OF_PROCESS, /* fcntl(2) */
	LOCK_OF_FILE,	 /* flock(2) */
};

/* A holder in the guest of locks on a file.  On the host it is an open file of its own, so that the
 * kernel can tell holders from each other. */
struct lock_holder {
	LIST_ENTRY(lock_holder) entry;
	struct node *node; /* a reference */
	uint64_t owner;	   /* the guest's number for the holder */
	enum lock_kind kind;
	const struct file *via; /* file by which a lock was last taken; may be gone */
	int fd;
};

/* A lock that is asked for.  @file: files_put() by whoever has the request */
struct lock_request {
	struct file *file;
	uint64_t owner;
	enum lock_kind kind;
	struct flock range; /* with its type; for LOCK_OF_FILE the type alone */
};

struct lock_wait {
	TAILQ_ENTRY(lock_wait) entry;
	uint64_t unique; /* of the guest's request */
	struct lock_request rq;
};

TAILQ_HEAD(lock_waits, lock_wait);

struct locks {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct server *server;
	LIST_HEAD(, lock_holder) holders;
	struct lock_waits waits;
	unsigned n_holders, n_waits;
	pthread_t thread; /* tries again for those that wait */
	bool has_thread, ending;
};

void locks_init(struct locks *t, struct server *s);

/** locks_reset() - give all locks up, and answer nobody who waits */
void locks_reset(struct locks *t);

/** locks_set() - take a lock or give it up, without waiting.  Return: 0; -EAGAIN where somebody
 * else has it; -ENOLCK; -errno. */
int locks_set(struct locks *t, const struct lock_request *rq);

/** locks_wait() - answer the request when the lock could be taken.  @rq: its file is taken over
 * from success on.  Return: 0; -ENOLCK; -ENOMEM; -errno. */
int locks_wait(struct locks *t, uint64_t unique, const struct lock_request *rq);

/** locks_interrupt() - give up waiting for a lock, as the guest does.  Return: was the request
 * waiting? */
bool locks_interrupt(struct locks *t, uint64_t unique);

/** locks_test() - find what is in the way of a lock.  @range: the wish, and then what is in the
 * way, or F_UNLCK.  Return: 0; -errno. */
int locks_test(struct locks *t, const struct lock_request *rq, struct flock *range);

/** locks_drop_owner() - give up all locks that an owner has on a file */
void locks_drop_owner(struct locks *t, const struct node *n, uint64_t owner, enum lock_kind kind);

/** locks_drop_file() - give up all locks that were taken by an open file, which is closed */
void locks_drop_file(struct locks *t, const struct file *f);
