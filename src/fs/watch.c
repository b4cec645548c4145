/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The kernel tells of changes by fanotify(7), which may be used without root
 * since 5.13, names files by their handles, and says which changes are this process's own: those
 * the guest knows of.  Each folder that the guest has been told of is marked, with all that is in
 * it, and each file that others can reach by a further name.  There are bounds, the host's and
 * ours; what is beyond them the guest asks for anew each time.
 *
 * Changes on another server are not told: files there are never watched.
 */
#include "fs/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "fs/call.h"
#include "fs/reach.h"
#include "fs/watch-inner.h"

#define OF_A_FILE (FAN_MODIFY | FAN_ATTRIB | FAN_DELETE_SELF)
#define OF_A_FOLDER                                                                                \
	(FAN_MODIFY | FAN_ATTRIB | FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO |       \
	 FAN_DELETE_SELF | FAN_EVENT_ON_CHILD | FAN_ONDIR)

int watcher_new(struct server *s, struct watcher **ret)
{
	struct watcher *w = calloc(1, sizeof(*w));
	int r = 0;

	if (!w)
		return -ENOMEM;
	w->server = s;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->room, NULL);
	w->end_fd = eventfd(0, EFD_CLOEXEC);
	w->fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_REPORT_DFID_NAME |
				      FAN_CLOEXEC | FAN_NONBLOCK,
			      O_RDONLY | O_CLOEXEC);
	if (w->fd < 0 || w->end_fd < 0)
		r = -errno;
	if (r == 0)
		r = thread_start(&w->thread, watcher_thread, w);
	w->has_thread = r == 0;
	if (r < 0) {
		watcher_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void watcher_stop(struct watcher *w)
{
	const uint64_t one = 1;

	if (!w || !w->has_thread)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->room);
	pthread_mutex_unlock(&w->lock);
	(void)!write(w->end_fd, &one, sizeof(one));
	pthread_join(w->thread, NULL);
	w->has_thread = false;
}

void watcher_free(struct watcher *w)
{
	if (!w)
		return;
	watcher_stop(w);
	for (size_t i = 0; i < WATCH_BUCKETS; i++) {
		struct watch *watch = w->buckets[i], *next;

		for (; watch; watch = next) {
			next = watch->next;
			watch->node->watch = NULL;
			free(watch);
		}
	}
	cleanup_close_fn(&w->fd);
	cleanup_close_fn(&w->end_fd);
	pthread_cond_destroy(&w->room);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static struct watch **bucket_of(struct watcher *w, uint64_t fsid, const unsigned char *bytes,
				uint32_t len)
{
	uint64_t h = fsid;

	for (uint32_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 0x100000001b3u;
	return &w->buckets[(h >> 17) % WATCH_BUCKETS];
}

static bool is_of(const struct watch *watch, const struct file_id *id)
{
	return watch->fsid == id->fsid && watch->type == id->type && watch->len == id->len &&
	       memcmp(watch->handle, id->bytes, id->len) == 0;
}

unsigned watcher_find(struct watcher *w, const struct file_id *id, struct node *ret[2])
{
	struct watch *watch;
	unsigned n = 0;

	mutex_hold(&w->lock);
	watch = *bucket_of(w, id->fsid, id->bytes, id->len);
	for (; watch && n < 2; watch = watch->next)
		if (is_of(watch, id)) {
			node_ref(&w->server->nodes, watch->node);
			ret[n++] = watch->node;
		}
	return n;
}

/* @fd: of the node */
static int name_file(struct server *s, const struct node *n, int fd, struct watch **ret)
{
	union {
		struct file_handle head;
		unsigned char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = { .head.handle_bytes = MAX_HANDLE_SZ };
	struct device device;
	struct watch *watch;
	int mount_id, r = devices_get(&s->devices, n->key.dev, fd, &device);

	if (r < 0)
		return r;
	if (device.is_remote)
		return -EOPNOTSUPP;
	if (name_to_handle_at(fd, "", &h.head, &mount_id, AT_EMPTY_PATH) < 0)
		return -errno;
	watch = malloc(sizeof(*watch) + h.head.handle_bytes);
	if (!watch)
		return -ENOMEM;
	*watch = (struct watch){ .fsid = device.fsid,
				 .type = h.head.handle_type,
				 .len = h.head.handle_bytes };
	memcpy(watch->handle, h.head.f_handle, watch->len);
	*ret = watch;
	return 0;
}

/* Return: 0; -EALREADY where another thread was quicker; -ENOSPC. */
static int put_in(struct watcher *w, struct watch *watch, struct node *n)
{
	struct watch **at = bucket_of(w, watch->fsid, watch->handle, watch->len);
	int r = 0;

	mutex_hold(&w->lock);
	if (n->watch)
		r = -EALREADY;
	else if (w->n_watches >= WATCHES_MAX)
		r = -ENOSPC;
	if (r == 0) {
		watch->node = n;
		watch->next = *at;
		*at = watch;
		w->n_watches++;
		n->watch = watch;
	}
	return r;
}

/* Return: is another node of the same file watched? */
static bool take_out(struct watcher *w, struct node *n)
{
	bool is_shared = false;
	struct watch **at, *watch, *other;

	pthread_mutex_lock(&w->lock);
	watch = n->watch;
	at = bucket_of(w, watch->fsid, watch->handle, watch->len);
	for (other = *at; other; other = other->next)
		if (other != watch && other->fsid == watch->fsid && other->type == watch->type &&
		    other->len == watch->len &&
		    memcmp(other->handle, watch->handle, watch->len) == 0)
			is_shared = true;
	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	w->n_watches--;
	n->watch = NULL;
	pthread_mutex_unlock(&w->lock);
	free(watch);
	return is_shared;
}

static int mark_node(struct watcher *w, unsigned how, const struct node *n, int fd)
{
	char number[16];

	fd_name(fd, number);
	return fanotify_mark(w->fd, how, n->type == S_IFDIR ? OF_A_FOLDER : OF_A_FILE, AT_FDCWD,
			     number) < 0
		       ? -errno
		       : 0;
}

static int watch_node(struct watcher *w, struct node *n, int fd)
{
	struct watch *watch = NULL;
	int r = name_file(w->server, n, fd, &watch);

	if (r == 0)
		r = put_in(w, watch, n);
	if (r < 0) {
		free(watch);
		return r;
	}
	r = mark_node(w, FAN_MARK_ADD, n, fd);
	if (r < 0)
		take_out(w, n);
	return r;
}

bool watch_begin(struct server *s, struct node *n)
{
	int fd, r;

	if (!s->watcher || n->watch || n->unwatchable)
		return false;
	r = reach(&s->nodes, n, &fd);
	if (r < 0)
		return false;
	r = watch_node(s->watcher, n, fd);
	reach_done(&s->nodes, n);
	if (r < 0 && r != -EALREADY)
		n->unwatchable = true;
	return r == 0;
}

bool watch_covers(struct server *s, const struct node *n)
{
	mutex_hold(&s->nodes.lock);
	return n->watch || (n->parent && n->parent->watch);
}

void watch_freed(void *arg, struct node *n)
{
	struct server *s = arg;
	int fd;

	if (take_out(s->watcher, n) || reach(&s->nodes, n, &fd) < 0)
		return;
	(void)mark_node(s->watcher, FAN_MARK_REMOVE, n, fd);
	reach_done(&s->nodes, n);
}

void watch_taken(struct server *s, uint32_t count)
{
	struct watcher *w = s->watcher;

	if (!w)
		return;
	mutex_hold(&w->lock);
	w->on_the_way -= count < w->on_the_way ? count : w->on_the_way;
	pthread_cond_broadcast(&w->room);
}
