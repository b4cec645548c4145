/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Handler threads post watches to a list and ring an eventfd; the main loop
 * takes them over and reads one event per packet (shim-event.c).  A connection that
 * ends without "exited" is made anew: the shim drops who does not keep up, and tells its state
 * again.  Only where nobody listens any more is the shim gone: exit.json says how the container
 * ended, and without it the shim was killed.
 *
 * A packet that makes no sense is logged and dropped.
 */
#include "daemon/container/watcher.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/unix.h"
#include "daemon/container/health-probe.h"
#include "daemon/container/shim-event.h"
#include "daemon/container/transition.h"
#include "daemon/machine/machines.h"
#include "loop/loop.h"

#define RETRY_USEC  (200 * USEC_PER_MSEC)
#define SERVER_USEC (5 * USEC_PER_SEC) /* how long moat-fs may live after its machine */

struct watch {
	struct watch *next;
	struct watcher *watcher;
	struct container *container; /* a reference */
	int fd;
	struct watch_children left;    /* child processes to be reaped */
	char tap[CONTROL_TAP_MAX + 1]; /* of the machine, to be given back after its end; "" */
	struct source *io, *shim, *server;
	struct source *retry;	 /* waits before connecting again */
	struct source *patience; /* waits for moat-fs when its machine has ended */
	bool retrying;
	bool heard; /* something came since the connection was made */
	bool exited;
};

struct watcher {
	struct containers *table;
	pthread_mutex_t lock;
	struct watch *posted;  /* from any thread, guarded by the lock */
	struct watch *watches; /* main thread only */
	int wake_fd;
	struct source *wake;
	char *packet;
};

static void watch_free(struct watch *w)
{
	source_free(w->io);
	source_free(w->shim);
	source_free(w->server);
	source_free(w->retry);
	source_free(w->patience);
	if (w->fd >= 0)
		close(w->fd);
	container_unref(w->container);
	free(w);
}

static void unlink_watch(struct watch *w)
{
	struct watch **p = &w->watcher->watches;

	while (*p && *p != w)
		p = &(*p)->next;
	if (*p)
		*p = w->next;
}

/* A watch is over when the connection has ended and the children, if they are ours, are reaped. */
static void finish_watch(struct watch *w)
{
	if (w->fd >= 0 || w->left.shim > 0 || w->left.server > 0 || w->retrying)
		return;
	taps_put_back(&w->container->table->machines->taps, w->tap);
	unlink_watch(w);
	watch_free(w);
}

static int on_readable(struct source *s, int fd, uint32_t events, void *arg);

/* Connects to the shim anew.  Return: 0; -ECONNREFUSED or -ENOENT when there is no shim; -errno. */
static int connect_again(struct watch *w)
{
	cleanup_close int fd = -1;
	int r = shim_watch(container_shim(w->container), &fd);

	if (r == 0)
		r = fd_set_nonblock(fd, true);
	if (r == 0)
		r = loop_add_io(w->watcher->table->loop, fd, EPOLLIN, on_readable, w, &w->io);
	if (r < 0)
		return r;
	w->fd = take_fd(&fd);
	w->heard = false;
	return 0;
}

static void conclude_watch(struct watch *w)
{
	struct containers *t = w->watcher->table;
	struct exit_status how = { .code = EXIT_KILLED, .finished_nsec = clock_now_nsec() };
	bool running;

	prober_stop(t->prober, w->container);
	if (!w->exited) {
		running = container_is_running(w->container);
		if (exit_load(t->dir_fd, w->container->rec.id, &how) < 0)
			err_set(&how.err, -EIO, "%s",
				running ? "moat-shim was killed"
					: "moat-shim ended before the container started");
		container_ended(w->container, &how);
	}
	hub_wake(t->hub);
	finish_watch(w);
}

/* Connects again to a shim whose connection ended.  Return: is the shim there, or will that be
 * tried again? */
static bool retry_watch(struct watch *w)
{
	int r = connect_again(w);

	w->retrying = r < 0 && r != -ECONNREFUSED && r != -ENOENT &&
		      source_set_timer(w->retry, RETRY_USEC) == 0;
	return r == 0 || w->retrying;
}

static int on_retry(struct source *s, void *arg)
{
	struct watch *w = arg;

	(void)s;
	w->retrying = false;
	if (!retry_watch(w))
		conclude_watch(w);
	return 0;
}

static void on_gone(struct watch *w)
{
	source_free(take_ptr(w->io));
	cleanup_close_fn(&w->fd);
	w->fd = -1;
	/* A connection that was dropped at once would be dropped again. */
	if (!w->exited && !w->heard)
		w->retrying = source_set_timer(w->retry, RETRY_USEC) == 0;
	if (w->exited || (!w->retrying && !retry_watch(w)))
		conclude_watch(w);
}

static int on_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	struct watch *w = arg;
	cleanup(control_event_reset) struct control_event event = { 0 };
	cleanup_close int unexpected = -1;
	struct err err = { 0 };
	ssize_t n = unix_recv(fd, w->watcher->packet, CONTROL_PACKET_MAX, &unexpected);
	int r;

	(void)s;
	(void)events;
	if (n == -EAGAIN)
		return 0;
	if (n <= 0 && n != -EMSGSIZE) {
		on_gone(w);
		return 0;
	}
	w->heard = true;
	r = n < 0 ? err_set(&err, (int)n, "a packet that is too long")
		  : control_event_read(w->watcher->packet, (size_t)n, &event, &err);
	if (r == 0 && !w->exited)
		r = shim_event(w->container, &event);
	w->exited = w->exited || r > 0;
	if (r < 0 && r != -EOPNOTSUPP)
		log_warning("container %.12s: moat-shim: %s", w->container->rec.id, err.msg);
	return 0;
}

static int on_reaped(struct source *s, pid_t pid, int status, void *arg)
{
	struct watch *w = arg;

	(void)s;
	(void)pid;
	if (status != 0)
		log_debug("container %.12s: moat-shim ended with status %d", w->container->rec.id,
			  status);
	w->left.shim = 0;
	if (w->left.server > 0)
		(void)source_set_timer(w->patience, SERVER_USEC);
	finish_watch(w);
	return 0;
}

/* Ends a moat-fs that is stuck: nobody is served by it any more. */
static int on_patience(struct source *s, void *arg)
{
	const struct watch *w = arg;

	(void)s;
	if (w->left.server > 0)
		kill(w->left.server, SIGKILL);
	return 0;
}

static int on_server_reaped(struct source *s, pid_t pid, int status, void *arg)
{
	struct watch *w = arg;

	(void)s;
	(void)pid;
	if (status != 0)
		log_warning("container %.12s: moat-fs ended with status %d", w->container->rec.id,
			    status);
	w->left.server = 0;
	finish_watch(w);
	return 0;
}

static int take_over(struct watcher *all, struct watch *w)
{
	int r = fd_set_nonblock(w->fd, true);

	if (r == 0)
		r = loop_add_io(all->table->loop, w->fd, EPOLLIN, on_readable, w, &w->io);
	if (r == 0)
		r = loop_add_timer(all->table->loop, UINT64_MAX, on_retry, w, &w->retry);
	if (r == 0 && w->left.server > 0)
		r = loop_add_timer(all->table->loop, UINT64_MAX, on_patience, w, &w->patience);
	if (r == 0 && w->left.shim > 0)
		r = loop_add_child(all->table->loop, w->left.shim, on_reaped, w, &w->shim);
	if (r == 0 && w->left.server > 0)
		r = loop_add_child(all->table->loop, w->left.server, on_server_reaped, w,
				   &w->server);
	if (r < 0) {
		log_error("container %.12s cannot be watched: %s", w->container->rec.id,
			  strerror(-r));
		watch_free(w);
		return 0;
	}
	w->next = all->watches;
	all->watches = w;
	return 0;
}

static int on_posted(struct source *s, int fd, uint32_t events, void *arg)
{
	struct watcher *all = arg;
	struct watch *posted;
	eventfd_t n;

	(void)s;
	(void)events;
	(void)eventfd_read(fd, &n);
	pthread_mutex_lock(&all->lock);
	posted = take_ptr(all->posted);
	pthread_mutex_unlock(&all->lock);
	while (posted) {
		struct watch *w = posted;

		posted = w->next;
		take_over(all, w);
	}
	return 0;
}

int watcher_new(struct containers *t, struct watcher **ret)
{
	struct watcher *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->table = t;
	pthread_mutex_init(&w->lock, NULL);
	w->packet = malloc(CONTROL_PACKET_MAX);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = !w->packet ? -ENOMEM : w->wake_fd < 0 ? -errno : 0;
	if (r == 0)
		r = loop_add_io(t->loop, w->wake_fd, EPOLLIN, on_posted, w, &w->wake);
	if (r < 0) {
		watcher_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void watcher_free(struct watcher *w)
{
	if (!w)
		return;
	while (w->watches) {
		struct watch *one = w->watches;

		w->watches = one->next;
		watch_free(one);
	}
	source_free(w->wake);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	pthread_mutex_destroy(&w->lock);
	free(w->packet);
	free(w);
}

int watcher_add(struct watcher *w, struct container *c, const struct watch_start *start)
{
	struct watch *one = calloc(1, sizeof(*one));

	if (!one) {
		close(start->fd);
		return -ENOMEM;
	}
	one->watcher = w;
	one->container = container_ref(c);
	one->fd = start->fd;
	one->left = start->children;
	snprintf(one->tap, sizeof(one->tap), "%s", start->tap);
	pthread_mutex_lock(&w->lock);
	one->next = w->posted;
	w->posted = one;
	pthread_mutex_unlock(&w->lock);
	(void)eventfd_write(w->wake_fd, 1);
	return 0;
}
