/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A connection is ended by shutdown(2), which its thread notices as it would
 * notice a client that hangs up.  That is done under the lock, and a connection leaves the table
 * before the library closes its descriptor; so the number cannot have become somebody else's.
 *
 * libmicrohttpd has a limit of its own and never unlocks its list once that is reached (0.9.75), so
 * it has to be far beyond this one.
 *
 * Clients control how many connections there are, what they say and how slowly.
 */
#include "daemon/http/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mutex.h"

#define ATTEMPTS 8u

enum connection_state {
	CONNECTION_ACCEPTED, /* its thread is being made */
	CONNECTION_WAITING,  /* for a request, or the rest of one */
	CONNECTION_SERVING,
	CONNECTION_ENDING, /* shut down, or handed over */
};

struct connection {
	struct connection *next;
	int fd;
	enum connection_state state;
	bool stays;
	uint64_t since_usec; /* monotonic: when it began to wait */
};

void connections_init(struct connections *t, unsigned max)
{
	*t = (struct connections){ .max = max };
	pthread_mutex_init(&t->lock, NULL);
}

static void end_locked(struct connection *c)
{
	(void)shutdown(c->fd, SHUT_RDWR);
	c->state = CONNECTION_ENDING;
}

/* Has the client sent more than was read?  That may be a whole request. */
static bool has_unread(const struct connection *c)
{
	char byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static struct connection *oldest_waiting(const struct connections *t)
{
	struct connection *oldest = NULL;

	for (struct connection *c = t->first; c; c = c->next)
		if (c->state == CONNECTION_WAITING &&
		    (!oldest || c->since_usec <= oldest->since_usec))
			oldest = c;
	return oldest;
}

static void end_oldest_locked(struct connections *t)
{
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		struct connection *c = oldest_waiting(t);

		if (!c || !has_unread(c)) {
			if (c)
				end_locked(c);
			return;
		}
		c->since_usec = clock_mono_usec();
	}
}

static void remove_locked(struct connections *t, const struct connection *c)
{
	struct connection **p = &t->first;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	t->n--;
}

/* Where the library lacks memory for a connection it closes it without telling, and the
 * descriptor's number is used again. */
static void forget_failed_locked(struct connections *t, int fd)
{
	for (struct connection *c = t->first; c; c = c->next) {
		if (c->fd != fd)
			continue;
		remove_locked(t, c);
		free(c);
		return;
	}
}

int connections_add(struct connections *t, int fd)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fd = fd;
	mutex_hold(&t->lock);
	forget_failed_locked(t, fd);
	if (t->n >= t->max - t->max / 8)
		end_oldest_locked(t);
	c->next = t->first;
	t->first = c;
	t->n++;
	return 0;
}

bool connections_full(struct connections *t)
{
	bool full;

	mutex_hold(&t->lock);
	full = t->n >= t->max;
	if (full)
		end_oldest_locked(t);
	return full;
}

void connections_expire(struct connections *t, uint64_t now_usec)
{
	mutex_hold(&t->lock);
	for (struct connection *c = t->first; c; c = c->next)
		if (c->state == CONNECTION_WAITING &&
		    now_usec > c->since_usec + CONNECTION_IDLE_USEC)
			end_locked(c);
}

static void wait_locked(struct connection *c)
{
	c->state = CONNECTION_WAITING;
	c->since_usec = clock_mono_usec();
}

struct connection *connection_started(struct connections *t, int fd)
{
	struct connection *c;

	mutex_hold(&t->lock);
	for (c = t->first; c && c->fd != fd; c = c->next)
		;
	if (c)
		wait_locked(c);
	return c;
}

static void leave_locked(struct connections *t, const struct connection *c)
{
	t->n_serving--;
	t->n_staying -= c->stays ? 1u : 0u;
}

void connection_closed(struct connections *t, struct connection *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&t->lock);
	if (c->state == CONNECTION_SERVING)
		leave_locked(t, c);
	remove_locked(t, c);
	pthread_mutex_unlock(&t->lock);
	free(c);
}

void connection_heard(struct connections *t, struct connection *c)
{
	mutex_hold(&t->lock);
	if (c->state == CONNECTION_WAITING)
		c->since_usec = clock_mono_usec();
}

int connection_serve(struct connections *t, struct connection *c, bool stays, struct err *err)
{
	unsigned serving = t->max - t->max / 4, staying = t->max / 2;
	int r = 0;

	mutex_hold(&t->lock);
	if (c->state != CONNECTION_WAITING)
		r = err_set(err, -EUSERS, "the connection has waited too long");
	else if (t->n_serving >= serving)
		r = err_set(err, -EUSERS, "moatd serves %u requests, and not more at once",
			    serving);
	else if (stays && t->n_staying >= staying)
		r = err_set(err, -EUSERS,
			    "moatd serves %u clients that follow or wait, and not more at once",
			    staying);
	if (r == 0) {
		c->state = CONNECTION_SERVING;
		c->stays = stays;
		t->n_serving++;
		t->n_staying += stays ? 1u : 0u;
	}
	return r;
}

void connection_served(struct connections *t, struct connection *c, bool passed_on)
{
	mutex_hold(&t->lock);
	if (c->state == CONNECTION_SERVING) {
		leave_locked(t, c);
		wait_locked(c);
	}
	if (passed_on)
		c->state = CONNECTION_ENDING;
}
