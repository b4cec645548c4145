/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Events lie in a ring with a number that never repeats; a subscriber is
 * the number of the next event it wants and an eventfd that every change makes readable.  A
 * subscriber slower than the ring misses the oldest events, never blocks a publisher.
 *
 * Events are shared between threads as text, because jansson's reference counts are the only
 * thing about its values that is thread-safe.
 */
#include "daemon/state/hub.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macro.h"
#include "base/mutex.h"

#define RING	   256u
#define RING_BYTES (4u << 20) /* events hold clients' labels and commands */

struct event {
	int64_t nsec;
	char *text;
};

struct hub_sub {
	struct hub *hub;
	struct hub_sub *next;
	uint64_t seq; /* of the event hub_next() gives next */
	int fd;
};

struct hub {
	pthread_mutex_t lock;
	struct hub_sub *subs;
	struct event ring[RING];
	uint64_t first; /* of the oldest event that is kept */
	uint64_t seq;	/* of the next event to come */
	size_t bytes;	/* of those that are kept */
};

int hub_new(struct hub **ret)
{
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	pthread_mutex_init(&h->lock, NULL);
	*ret = h;
	return 0;
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < RING; i++)
		free(h->ring[i].text);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static void wake_locked(struct hub *h)
{
	for (struct hub_sub *s = h->subs; s; s = s->next)
		(void)eventfd_write(s->fd, 1);
}

static char *event_text(const char *type, const char *action, const char *id, json_t *attributes,
			int64_t nsec)
{
	cleanup_json json_t *event =
		json_pack("{s:s, s:s, s:{s:s, s:O}, s:s, s:I, s:I}", "Type", type, "Action", action,
			  "Actor", "ID", id, "Attributes", attributes, "scope", "local", "time",
			  (json_int_t)(nsec / (int64_t)NSEC_PER_SEC), "timeNano", (json_int_t)nsec);
	json_t *from = json_object_get(attributes, "image");

	/* Members that clients before API 1.22 read, and some later ones still do. */
	if (event && (strcmp(type, "container") == 0 || strcmp(type, "image") == 0)) {
		json_object_set_new(event, "status", json_string(action));
		json_object_set_new(event, "id", json_string(id));
		if (from)
			json_object_set(event, "from", from);
	}
	return event ? json_write(event) : NULL;
}

static void forget_oldest_locked(struct hub *h)
{
	struct event *e = &h->ring[h->first++ % RING];

	h->bytes -= strlen(e->text);
	free(take_ptr(e->text));
}

static void keep_locked(struct hub *h, char *text, int64_t nsec)
{
	if (h->seq - h->first == RING)
		forget_oldest_locked(h);
	h->ring[h->seq++ % RING] = (struct event){ .nsec = nsec, .text = text };
	h->bytes += strlen(text);
	/* The newest event is kept, however large it is. */
	while (h->bytes > RING_BYTES && h->seq - h->first > 1)
		forget_oldest_locked(h);
}

void hub_publish(struct hub *h, const char *type, const char *action, const char *id,
		 json_t *attributes)
{
	cleanup_json json_t *owned = attributes ? attributes : json_object();
	int64_t nsec = clock_now_nsec();
	char *text = event_text(type, action, id, owned, nsec);

	mutex_hold(&h->lock);
	if (text)
		keep_locked(h, text, nsec);
	wake_locked(h);
}

void hub_wake(struct hub *h)
{
	mutex_hold(&h->lock);
	wake_locked(h);
}

int hub_subscribe(struct hub *h, struct hub_sub **ret)
{
	struct hub_sub *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd < 0) {
		int r = -errno;

		free(s);
		return r;
	}
	s->hub = h;
	pthread_mutex_lock(&h->lock);
	s->seq = h->seq;
	s->next = h->subs;
	h->subs = s;
	pthread_mutex_unlock(&h->lock);
	*ret = s;
	return 0;
}

void hub_unsubscribe(struct hub_sub *s)
{
	struct hub_sub **p;

	if (!s)
		return;
	pthread_mutex_lock(&s->hub->lock);
	for (p = &s->hub->subs; *p != s; p = &(*p)->next)
		;
	*p = s->next;
	pthread_mutex_unlock(&s->hub->lock);
	close(s->fd);
	free(s);
}

int hub_fd(const struct hub_sub *s)
{
	return s->fd;
}

void hub_clear(struct hub_sub *s)
{
	eventfd_t n;

	(void)eventfd_read(s->fd, &n);
}

int hub_wait(struct hub_sub *s, int client_fd, int timeout_msec)
{
	struct pollfd p[2] = { { .fd = s->fd, .events = POLLIN }, { .fd = client_fd } };
	int n = poll(p, 2, timeout_msec);

	if (n < 0)
		return 1; /* EINTR: let the caller look again */
	if (p[1].revents & (POLLHUP | POLLERR | POLLNVAL))
		return -EPIPE;
	if (n > 0)
		hub_clear(s);
	return n > 0;
}

void hub_rewind(struct hub_sub *s, int64_t since_nsec)
{
	struct hub *h = s->hub;
	uint64_t seq;

	mutex_hold(&h->lock);
	seq = h->first;
	while (seq < h->seq && h->ring[seq % RING].nsec < since_nsec)
		seq++;
	s->seq = seq;
}

json_t *hub_next(struct hub_sub *s, int64_t *ret_nsec)
{
	struct hub *h = s->hub;
	cleanup_free char *text = NULL;

	pthread_mutex_lock(&h->lock);
	if (s->seq < h->first)
		s->seq = h->first;
	if (s->seq < h->seq) {
		const struct event *e = &h->ring[s->seq++ % RING];

		text = strdup(e->text);
		*ret_nsec = e->nsec;
	}
	pthread_mutex_unlock(&h->lock);
	return text ? json_loads(text, 0, NULL) : NULL;
}
