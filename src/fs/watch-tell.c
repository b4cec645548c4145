/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An event says that something has changed; the present state is looked at,
 * as more may have happened since.  The guest is told what to forget, and the present state, so
 * that it can wake its watchers.  It says when it has dealt with a message, and only a few are on
 * the way: when it is slow, events wait in the kernel, which joins those that are alike.  Where the
 * kernel has lost some, the guest is told to forget everything.
 *
 * A reply that was made before an event was heard of must not be believed for long after it: so the
 * server's count of changes grows before anything is told, and a reply that began with another
 * count lets the guest keep nothing (server.c).
 */
#include "fs/watch-tell.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/fanotify.h>
#include <time.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/mutex.h"
#include "fs/call.h"
#include "fs/entry.h"
#include "fs/reach.h"
#include "fs/watch-inner.h"

#define CAME (FAN_CREATE | FAN_MOVED_TO)
#define WENT (FAN_DELETE | FAN_MOVED_FROM)

/* What the guest is told of a change. */
struct news {
	uint64_t parent, node;
	uint32_t what, mode;
	const char *name;
};

/* Waits until the guest takes messages.  Return: false at the end. */
static bool await_room(struct watcher *w)
{
	bool goes_on;

	mutex_hold(&w->lock);
	while (!w->ending && w->on_the_way >= SHARES_WINDOW)
		pthread_cond_wait(&w->room, &w->lock);
	goes_on = !w->ending;
	w->on_the_way += goes_on;
	return goes_on;
}

static void tell_news(struct watcher *w, const struct news *n)
{
	const char *name = n->name ? n->name : "";
	struct shares_changed m = {
		.head = { .error = SHARES_CHANGED },
		.parent = n->parent,
		.node = n->node,
		.what = n->what | (w->server->expires ? SHARES_EXPIRE : 0u),
		.mode = n->mode,
	};
	struct iovec iov[] = { { &m, sizeof(m) }, { (void *)(uintptr_t)name, strlen(name) } };

	m.head.len = (uint32_t)(iov[0].iov_len + iov[1].iov_len);
	if (await_room(w))
		server_send(w->server, iov, ARRAY_SIZE(iov));
}

/* Finds the node of an entry, if the guest knows it. */
static struct node *find_child(struct server *s, const struct node *dir, const struct statx *st)
{
	struct node_key key = node_key_of(st, dir->key.writable);

	return nodes_find(&s->nodes, &key);
}

static uint32_t content_changes(uint64_t mask)
{
	uint32_t what = 0;

	if (mask & FAN_MODIFY)
		what |= SHARES_DATA | SHARES_ATTR;
	if (mask & (FAN_ATTRIB | FAN_DELETE_SELF))
		what |= SHARES_ATTR;
	return what;
}

/* Describes an entry that exists.  A guest that has looked at a new name before it is told knows
 * it, and need not forget it. */
static void describe_present(struct server *s, struct node *dir, const struct watch_event *e,
			     const struct statx *st, struct news *n)
{
	struct node *child = find_child(s, dir, st);
	bool known = child && nodes_is_at(&s->nodes, child, dir, e->name);

	n->mode = st->stx_mode;
	n->what = content_changes(e->mask);
	if (e->mask & CAME)
		n->what |= SHARES_CREATED;
	if (e->mask & (CAME | WENT) && !known)
		n->what |= SHARES_ENTRY;
	if (!child)
		return;
	n->node = child->id;
	if (e->mask & (CAME | WENT))
		n->what |= SHARES_ATTR;
	if (e->mask & CAME) {
		struct node_key key = child->key;

		nodes_move(&s->nodes, &key, dir, e->name);
	}
	node_put(&s->nodes, child);
}

static void describe_absent(const struct watch_event *e, struct news *n)
{
	if (e->mask & (CAME | WENT))
		n->what = SHARES_ENTRY | SHARES_REMOVED;
	if (e->mask & FAN_ONDIR)
		n->what |= SHARES_IS_DIR;
}

static void tell_of_entry(struct watcher *w, struct node *dir, const struct watch_event *e)
{
	struct server *s = w->server;
	struct news n = { .parent = dir->id, .name = e->name };
	struct statx st;
	int dir_fd;

	if (strlen(e->name) > NAME_MAX || reach(&s->nodes, dir, &dir_fd) < 0)
		return;
	if (entry_stat(dir_fd, e->name, &st) == 0)
		describe_present(s, dir, e, &st, &n);
	else
		describe_absent(e, &n);
	reach_done(&s->nodes, dir);
	if (n.what)
		tell_news(w, &n);
}

static void tell_of_file(struct watcher *w, struct node *file, const struct watch_event *e)
{
	char name[NAME_MAX + 1];
	struct node *dir = nodes_place(&w->server->nodes, file, name);
	struct news n = { .parent = dir ? dir->id : 0,
			  .node = file->id,
			  .what = content_changes(e->mask),
			  .mode = file->type,
			  .name = dir ? name : NULL };

	if (n.what)
		tell_news(w, &n);
	node_put(&w->server->nodes, dir);
}

/* Tells the guest that everything may have changed. */
static void tell_of_all(struct watcher *w)
{
	struct nodes *nodes = &w->server->nodes;
	struct node *n;

	tell_news(w, &(struct news){ .what = SHARES_ALL });
	for (size_t at = 0; !w->ending && (n = nodes_each(nodes, &at)); node_put(nodes, n)) {
		char name[NAME_MAX + 1];
		struct node *dir = nodes_place(nodes, n, name);

		tell_news(w, &(struct news){ .parent = dir ? dir->id : 0,
					     .node = n->id,
					     .what = SHARES_DATA | SHARES_ATTR |
						     (dir ? SHARES_ENTRY : 0u),
					     .mode = n->type,
					     .name = dir ? name : NULL });
		node_put(nodes, dir);
	}
}

/* Is there room for a message?  The caller is a worker, and does not wait: it tries again later. */
static bool has_room(struct watcher *w)
{
	bool has;

	mutex_hold(&w->lock);
	has = !w->ending && w->on_the_way < SHARES_WINDOW;
	w->on_the_way += has;
	return has;
}

void watch_crowded(struct server *s)
{
	struct shares_changed m = { .head = { .len = sizeof(m), .error = SHARES_CHANGED },
				    .what = SHARES_ALL };
	struct iovec iov = { &m, sizeof(m) };

	if (s->watcher && has_room(s->watcher))
		server_send(s, &iov, 1);
}

/* Changes that this process made were asked for by the guest, through a writable share; nodes that
 * it knows through a read-only one have to be told. */
static void tell_nodes(struct watcher *w, const struct file_id *id, const struct watch_event *e,
		       bool is_own)
{
	struct node *found[2];
	unsigned n = watcher_find(w, id, found);

	for (unsigned i = 0; i < n; i++) {
		if (is_own && found[i]->key.writable)
			; /* the guest knows */
		else if (e->name && id == &e->dir)
			tell_of_entry(w, found[i], e);
		else
			tell_of_file(w, found[i], e);
		node_put(&w->server->nodes, found[i]);
	}
}

/* Return: was the change made by somebody else? */
static bool take_event(struct watcher *w, const struct watch_event *e)
{
	bool is_own = e->pid == getpid();

	if (is_own && !w->server->twins)
		return false;
	w->server->changes++;
	if (e->mask & FAN_Q_OVERFLOW) {
		tell_of_all(w);
		return true;
	}
	if (e->dir.bytes)
		tell_nodes(w, &e->dir, e, is_own);
	if (e->file.bytes && !(e->mask & (CAME | WENT)))
		tell_nodes(w, &e->file, e, is_own);
	return !is_own;
}

/* Waits a moment: events of the guest's own changes are many, and nobody waits for them. */
static void take_breath(void)
{
	const struct timespec pause = { .tv_nsec = 500 * (long)NSEC_PER_USEC };

	nanosleep(&pause, NULL);
}

static bool read_events(struct watcher *w)
{
	ssize_t n = read(w->fd, w->events, sizeof(w->events));
	const unsigned char *at = w->events;
	size_t len = n > 0 ? (size_t)n : 0;
	struct watch_event e;
	bool any = false;

	while (watch_event_next(&at, &len, &e) > 0)
		any |= take_event(w, &e);
	return any;
}

void *watcher_thread(void *arg)
{
	struct watcher *w = arg;
	struct pollfd fds[] = { { .fd = w->fd, .events = POLLIN },
				{ .fd = w->end_fd, .events = POLLIN } };

	if (server_enter_thread(w->server) < 0)
		return NULL;
	while (!w->ending) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents && !read_events(w))
			take_breath();
	}
	return NULL;
}
