/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The guest's locks are the host's, so that they count among containers and
 * with the host's programs.  Each owner of the guest's has an open file of its own here, as locks
 * of open file descriptions (F_OFD_SETLK, flock(2)) are told apart by that.
 *
 * No thread waits for a lock in the kernel: a guest could have all of them wait.  Those that cannot
 * have a lock yet are tried again whenever a lock is given up here, and some times a second, as
 * nobody tells when somebody on the host gives up one.
 */
#include "fs/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macro.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "fs/call.h"

#define RETRY_USEC (20 * USEC_PER_MSEC)
#define RETRY_MANY 64

void locks_init(struct locks *t, struct server *s)
{
	pthread_condattr_t attr;

	*t = (struct locks){ .server = s };
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attr);
	pthread_condattr_destroy(&attr);
	LIST_INIT(&t->holders);
	TAILQ_INIT(&t->waits);
}

/* Under the lock. */
static struct lock_holder *find_holder(struct locks *t, const struct node *n, uint64_t owner,
				       enum lock_kind kind)
{
	struct lock_holder *h;

	LIST_FOREACH (h, &t->holders, entry)
		if (h->node == n && h->owner == owner && h->kind == kind)
			return h;
	return NULL;
}

/* A lock for reading needs a file that is open for reading, and one for writing a file open for
 * writing. */
static int open_apart(const struct file *f)
{
	char number[16];
	int fd = -1;

	fd_name(f->fd, number);
	if (f->writable)
		fd = openat(AT_FDCWD, number, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fd = openat(AT_FDCWD, number, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && f->writable)
		fd = openat(AT_FDCWD, number, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int new_holder(struct locks *t, const struct lock_request *rq, struct lock_holder **ret)
{
	struct lock_holder *h;
	int fd;

	if (t->n_holders >= LOCKS_MAX)
		return -ENOLCK;
	fd = open_apart(rq->file);
	if (fd < 0)
		return fd;
	h = malloc(sizeof(*h));
	if (!h) {
		close(fd);
		return -ENOMEM;
	}
	*h = (struct lock_holder){
		.node = rq->file->node, .owner = rq->owner, .kind = rq->kind, .fd = fd
	};
	node_ref(&t->server->nodes, h->node);
	LIST_INSERT_HEAD(&t->holders, h, entry);
	t->n_holders++;
	*ret = h;
	return 0;
}

/* The kernel gives its locks up with the last descriptor. */
static void drop_holder(struct locks *t, struct lock_holder *h)
{
	LIST_REMOVE(h, entry);
	t->n_holders--;
	close(h->fd);
	node_put(&t->server->nodes, h->node);
	free(h);
	pthread_cond_signal(&t->changed);
}

static int set_lock(const struct lock_holder *h, const struct lock_request *rq)
{
	struct flock range = rq->range;
	int how = range.l_type == F_UNLCK ? LOCK_UN : range.l_type == F_RDLCK ? LOCK_SH : LOCK_EX;
	int r = rq->kind == LOCK_OF_FILE ? flock(h->fd, how | LOCK_NB)
					 : fcntl(h->fd, F_OFD_SETLK, &range);

	if (r == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

/* Sets a lock.  Under the lock. */
static int set_locked(struct locks *t, const struct lock_request *rq)
{
	struct lock_holder *h = find_holder(t, rq->file->node, rq->owner, rq->kind);
	bool is_new = !h;
	int r = 0;

	if (!h && rq->range.l_type == F_UNLCK)
		return 0;
	if (!h)
		r = new_holder(t, rq, &h);
	if (r < 0)
		return r;
	r = set_lock(h, rq);
	if (r == 0)
		h->via = rq->file;
	else if (is_new)
		drop_holder(t, h);
	if (r == 0 && rq->range.l_type == F_UNLCK)
		pthread_cond_signal(&t->changed);
	return r;
}

int locks_set(struct locks *t, const struct lock_request *rq)
{
	mutex_hold(&t->lock);
	return set_locked(t, rq);
}

/* Takes a wait out of the list.  Under the lock. */
static void end_wait(struct locks *t, struct lock_wait *w)
{
	TAILQ_REMOVE(&t->waits, w, entry);
	t->n_waits--;
}

/* Without the lock: the last use of a file that the guest has closed gives up its locks. */
static void free_wait(struct locks *t, struct lock_wait *w)
{
	files_put(&t->server->files, w->rq.file);
	free(w);
}

/* Tries all waiting locks.  Under the lock.  @over: gets those that have ended */
static void try_all(struct locks *t, struct lock_waits *over)
{
	struct lock_wait *w, *next;

	for (w = TAILQ_FIRST(&t->waits); w; w = next) {
		int r = set_locked(t, &w->rq);

		next = TAILQ_NEXT(w, entry);
		if (r == -EAGAIN)
			continue;
		call_answer(t->server, w->unique, r, NULL, 0);
		end_wait(t, w);
		TAILQ_INSERT_TAIL(over, w, entry);
	}
}

/* Tries once.  Under the lock, except while ended ones are answered. */
static void try_round(struct locks *t)
{
	struct lock_waits over = TAILQ_HEAD_INITIALIZER(over);
	struct lock_wait *w;

	try_all(t, &over);
	if (TAILQ_EMPTY(&over))
		return;
	pthread_mutex_unlock(&t->lock);
	while ((w = TAILQ_FIRST(&over))) {
		TAILQ_REMOVE(&over, w, entry);
		free_wait(t, w);
	}
	pthread_mutex_lock(&t->lock);
}

/* How long until the next try: longer with many waiting, as each costs a few calls. */
static uint64_t next_try(const struct locks *t)
{
	return clock_mono_usec() + RETRY_USEC * (1 + t->n_waits / RETRY_MANY);
}

static void *waiter_thread(void *arg)
{
	struct locks *t = arg;

	if (server_enter_thread(t->server) < 0)
		return NULL;
	mutex_hold(&t->lock);
	while (!t->ending) {
		struct timespec until = clock_timespec(next_try(t));

		if (TAILQ_EMPTY(&t->waits))
			pthread_cond_wait(&t->changed, &t->lock);
		else
			pthread_cond_timedwait(&t->changed, &t->lock, &until);
		try_round(t);
	}
	return NULL;
}

int locks_wait(struct locks *t, uint64_t unique, const struct lock_request *rq)
{
	struct lock_wait *w = malloc(sizeof(*w));
	int r = w ? 0 : -ENOMEM;

	pthread_mutex_lock(&t->lock);
	if (r == 0 && t->n_waits >= LOCKS_MAX)
		r = -ENOLCK;
	if (r == 0 && !t->has_thread)
		r = thread_start(&t->thread, waiter_thread, t);
	if (r == 0) {
		t->has_thread = true;
		*w = (struct lock_wait){ .unique = unique, .rq = *rq };
		TAILQ_INSERT_TAIL(&t->waits, w, entry);
		t->n_waits++;
		pthread_cond_signal(&t->changed);
		w = NULL;
	}
	pthread_mutex_unlock(&t->lock);
	free(w);
	return r;
}

bool locks_interrupt(struct locks *t, uint64_t unique)
{
	struct lock_wait *w;

	pthread_mutex_lock(&t->lock);
	TAILQ_FOREACH (w, &t->waits, entry)
		if (w->unique == unique)
			break;
	if (w) {
		call_answer(t->server, unique, -EINTR, NULL, 0);
		end_wait(t, w);
	}
	pthread_mutex_unlock(&t->lock);
	if (!w)
		return false;
	free_wait(t, w);
	return true;
}

int locks_test(struct locks *t, const struct lock_request *rq, struct flock *range)
{
	struct lock_holder *h;
	int fd, r;

	mutex_hold(&t->lock);
	h = find_holder(t, rq->file->node, rq->owner, rq->kind);
	fd = h ? h->fd : open_apart(rq->file);
	r = fd < 0 ? fd : fcntl(fd, F_OFD_GETLK, range) < 0 ? -errno : 0;
	if (!h && fd >= 0)
		close(fd);
	return r;
}

void locks_drop_owner(struct locks *t, const struct node *n, uint64_t owner, enum lock_kind kind)
{
	struct lock_holder *h;

	mutex_hold(&t->lock);
	h = find_holder(t, n, owner, kind);
	if (h)
		drop_holder(t, h);
}

void locks_drop_file(struct locks *t, const struct file *f)
{
	struct lock_holder *h, *next;

	mutex_hold(&t->lock);
	LIST_FOREACH_SAFE (h, &t->holders, entry, next)
		if (h->via == f)
			drop_holder(t, h);
}

void locks_reset(struct locks *t)
{
	pthread_mutex_lock(&t->lock);
	t->ending = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (t->has_thread)
		pthread_join(t->thread, NULL);
	while (!TAILQ_EMPTY(&t->waits)) {
		struct lock_wait *w = TAILQ_FIRST(&t->waits);

		end_wait(t, w);
		free_wait(t, w);
	}
	while (!LIST_EMPTY(&t->holders))
		drop_holder(t, LIST_FIRST(&t->holders));
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
}
