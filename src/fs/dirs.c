/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mutex.h"
#include "fs/node.h"
#include "fs/reach.h"

#define STREAMS_MAX 32u

struct dirs {
	pthread_mutex_t lock;
	struct nodes *nodes;
	struct dir_stream *streams[STREAMS_MAX]; /* that nobody uses now */
	uint64_t clock;
};

struct dirs *dirs_new(struct nodes *nodes)
{
	struct dirs *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->nodes = nodes;
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void dirs_free(struct dirs *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (t->streams[i])
			dirs_end(t, t->streams[i]);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static struct dir_stream *take_left(struct dirs *t, const struct node *n, uint64_t at)
{
	struct dir_stream *d = NULL;

	mutex_hold(&t->lock);
	for (size_t i = 0; !d && i < STREAMS_MAX; i++)
		if (t->streams[i] && t->streams[i]->node == n && t->streams[i]->at == at)
			d = take_ptr(t->streams[i]);
	return d;
}

static int open_stream(struct dirs *t, struct node *n, uint64_t at, struct dir_stream *d)
{
	int fd, r;

	if (n->type != S_IFDIR)
		return -ENOTDIR;
	r = reach(t->nodes, n, &fd);
	if (r < 0)
		return r;
	d->fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = d->fd < 0 ? -errno : 0;
	reach_done(t->nodes, n);
	if (r == 0 && at > 0 && lseek(d->fd, (off_t)at, SEEK_SET) < 0) {
		r = -errno;
		close(d->fd);
	}
	return r;
}

int dirs_take(struct dirs *t, struct node *n, uint64_t at, struct dir_stream **ret)
{
	struct dir_stream *d = at > 0 ? take_left(t, n, at) : NULL;
	int r;

	if (d) {
		*ret = d;
		return 0;
	}
	d = malloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	r = open_stream(t, n, at, d);
	if (r < 0) {
		free(d);
		return r;
	}
	d->at = at;
	d->pos = d->end = 0;
	d->node = n;
	node_ref(t->nodes, n);
	*ret = d;
	return 0;
}

void dirs_put(struct dirs *t, struct dir_stream *d)
{
	struct dir_stream *oldest;
	size_t place = 0;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < STREAMS_MAX && t->streams[place]; i++)
		if (!t->streams[i] || t->streams[i]->used < t->streams[place]->used)
			place = i;
	oldest = t->streams[place];
	t->streams[place] = d;
	d->used = ++t->clock;
	pthread_mutex_unlock(&t->lock);
	if (oldest)
		dirs_end(t, oldest);
}

void dirs_end(struct dirs *t, struct dir_stream *d)
{
	close(d->fd);
	node_put(t->nodes, d->node);
	free(d);
}
