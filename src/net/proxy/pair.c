/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Bytes are looked at (MSG_PEEK) in the socket they came to, written to the
 * other one, and what that took is then dropped from the first (MSG_TRUNC).  So the kernel's own
 * windows hold up a sender whose receiver is slow, and there is nothing that could run full here.
 *
 * An end of input is passed on as one, and the other way goes on.  Where a connection breaks, the
 * survivor first gets what came before, as it would have without a proxy in between: the way from
 * the dead end is emptied, then the survivor's socket must have sent all of it, and only then it is
 * reset.  A survivor that takes nothing is waited for a while.  A service that is gone without a
 * word, as with its machine, is taken for a broken end when nothing comes from it any more.
 *
 * epoll reports a hangup whether it is asked for or not, for as long as it lasts.  An end that is
 * waited for in no way is therefore not watched once a hangup of it would be no news.
 */
#include "net/proxy/pair.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/macro.h"

#define PAIR_BYTES	 (256 * 1024)
#define UNKNOWN_EVENTS	 UINT32_MAX
#define PAIR_ROUNDS	 8 /* rounds until it is another pair's turn */
#define DRAIN_EVERY_USEC (50 * USEC_PER_MSEC)
#define DRAIN_USEC	 (10 * USEC_PER_SEC)

void stream_reset(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

static void close_end(struct pair *p, unsigned i, bool reset)
{
	struct pair_end *end = &p->ends[i];

	source_free(end->source);
	end->source = NULL;
	if (end->fd >= 0 && reset)
		stream_reset(take_fd(&end->fd));
	fd_close(&end->fd);
}

void pair_reset(struct pair *p)
{
	alarm_clear(&p->shared->draining, &p->alarm);
	close_end(p, 0, true);
	close_end(p, 1, true);
}

static void break_pair(struct pair *p, unsigned dead)
{
	if (!p->is_broken)
		p->dead = dead;
	p->is_broken = true;
}

/* Nothing more comes from end @i.  One that broke, and whose error was told of when it was written
 * to, is at its end here, too: that is passed on as a reset, later. */
static void end_way(struct pair *p, unsigned i)
{
	p->ways[i].is_ended = true;
	if (!p->is_broken)
		(void)shutdown(p->ends[!i].fd, SHUT_WR);
}

static bool is_later(int error)
{
	return error == EAGAIN || error == EINTR;
}

static void reading_failed(struct pair *p, unsigned i, int error)
{
	if (is_later(error))
		return;
	p->ways[i].is_ended = true;
	break_pair(p, i);
}

static void writing_failed(struct pair *p, unsigned i, int error)
{
	if (is_later(error)) {
		p->ways[i].is_blocked = true;
		return;
	}
	p->ways[i].is_ended = true;
	break_pair(p, !i);
}

/* Passes on what end @i has sent.  Return: may there be more? */
static bool pump_once(struct pair *p, unsigned i)
{
	int from = p->ends[i].fd, to = p->ends[!i].fd;
	char *bytes = p->shared->bytes;
	ssize_t n = recv(from, bytes, PAIR_BYTES, MSG_PEEK), taken;

	if (n == 0)
		end_way(p, i);
	if (n < 0)
		reading_failed(p, i, errno);
	if (n <= 0)
		return false;
	taken = send(to, bytes, (size_t)n, MSG_NOSIGNAL);
	if (taken < 0) {
		writing_failed(p, i, errno);
		return false;
	}
	(void)recv(from, NULL, (size_t)taken, MSG_TRUNC);
	p->has_moved = true;
	p->ways[i].is_blocked = taken < n;
	return taken == n && n == PAIR_BYTES;
}

static void pump_end(struct pair *p, unsigned i)
{
	for (unsigned k = 0; k < PAIR_ROUNDS; k++)
		if (p->ways[i].is_ended || p->ways[i].is_blocked || !pump_once(p, i))
			return;
}

static bool is_over(const struct pair *p)
{
	if (p->is_broken && p->ways[p->dead].is_ended)
		return true;
	return p->ways[0].is_ended && p->ways[1].is_ended;
}

/* Has the survivor's socket sent everything it was given? */
static bool is_drained(const struct pair *p)
{
	int waiting = 0;

	return ioctl(p->ends[!p->dead].fd, SIOCOUTQ, &waiting) < 0 || waiting == 0;
}

static void finish_pair(struct pair *p)
{
	alarm_clear(&p->shared->draining, &p->alarm);
	close_end(p, 0, p->is_broken);
	close_end(p, 1, p->is_broken);
	p->ended(p);
}

static void wait_for_drain(struct pair *p)
{
	if (p->give_up_usec == 0)
		p->give_up_usec = clock_mono_usec() + DRAIN_USEC;
	alarm_set(&p->shared->draining, &p->alarm);
}

static void end_pair(struct pair *p)
{
	if (!p->is_broken || is_drained(p)) {
		finish_pair(p);
		return;
	}
	close_end(p, p->dead, false);
	source_free(take_ptr(p->ends[!p->dead].source));
	wait_for_drain(p);
}

static int on_event(struct source *s, int fd, uint32_t events, void *arg);

/* Watches end @i for the events that it is waited for.  Return: 0; -errno. */
static int watch_end(struct pair *p, unsigned i)
{
	struct pair_end *end = &p->ends[i];
	const struct pair_way *in = &p->ways[i], *out = &p->ways[!i];
	uint32_t events = 0;
	int r = 0;

	if (!in->is_ended && !in->is_blocked)
		events |= EPOLLIN;
	if (!out->is_ended && out->is_blocked)
		events |= EPOLLOUT;
	if (events == 0 && (out->is_ended || end->is_told)) {
		source_free(take_ptr(end->source));
		return 0;
	}
	if (!end->source)
		r = loop_add_io(p->shared->loop, end->fd, events, on_event, p, &end->source);
	else if (events != end->events)
		r = source_hand_over(end->source, events, on_event, p);
	end->events = events;
	return r;
}

/* Goes on after something was passed on, or could not be. */
static void settle_pair(struct pair *p)
{
	int r = is_over(p) ? 0 : watch_end(p, 0);

	if (r == 0 && !is_over(p))
		r = watch_end(p, 1);
	if (r < 0) {
		break_pair(p, 1);
		p->ways[p->dead].is_ended = true;
	}
	if (is_over(p))
		end_pair(p);
}

static void on_drain_alarm(struct alarm *a)
{
	struct pair *p = container_of(a, struct pair, alarm);
	bool is_late = clock_mono_usec() >= p->give_up_usec;

	/* In an abandoned pair, silence means that nothing is on its way any more.  What has come
	 * while this process waited for a processor is no silence. */
	if (!is_over(p))
		pump_end(p, 1);
	if (!is_over(p) && !p->has_moved && !p->ways[1].is_blocked) {
		p->ways[1].is_ended = true;
		break_pair(p, 1);
	}
	p->has_moved = false;
	if (is_late)
		break_pair(p, 1);
	if (is_late || (is_over(p) && is_drained(p))) {
		finish_pair(p);
		return;
	}
	wait_for_drain(p);
	if (!is_over(p))
		settle_pair(p);
}

static int on_event(struct source *s, int fd, uint32_t events, void *arg)
{
	struct pair *p = arg;
	unsigned i = fd == p->ends[1].fd;
	bool is_gone = events & (EPOLLERR | EPOLLHUP);

	(void)s;
	p->ends[i].is_told = p->ends[i].is_told || is_gone;
	if (events & EPOLLOUT || is_gone)
		p->ways[!i].is_blocked = false;
	if (events & EPOLLIN || is_gone)
		pump_end(p, i);
	if (events & EPOLLOUT || is_gone)
		pump_end(p, !i);
	/* This end's input has ended before, so the error is about the other way. */
	if (events & EPOLLERR && p->ways[i].is_ended)
		break_pair(p, i);
	settle_pair(p);
	return 0;
}

int pair_prepare(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_OOBINLINE, 1 },
		/* A peer that vanished without a word is noticed within a quarter of an hour. */
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 600 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 60 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 5 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 }, /* set last: it tells that all are set */
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			       sizeof(options[i].value)) < 0)
			return -errno;
	return 0;
}

bool pair_is_prepared(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == 0 && on;
}

int pair_start(struct pair *p, struct pair_shared *s, const struct pair_end ends[2],
	       pair_ended_fn ended)
{
	int r = 0;

	*p = (struct pair){ .shared = s, .ended = ended };
	for (unsigned i = 0; i < 2; i++)
		p->ends[i] = (struct pair_end){ ends[i].fd, ends[i].source, UNKNOWN_EVENTS, false };
	/* What else has become of the ends, the loop tells. */
	(void)pump_once(p, 0);
	for (unsigned i = 0; i < 2 && r == 0; i++)
		r = watch_end(p, i);
	if (r < 0)
		pair_reset(p);
	return r;
}

void pair_abandon(struct pair *p)
{
	/* The pair broke, and only the survivor is still there. */
	if (is_over(p)) {
		if (p->dead == 0)
			finish_pair(p);
		return;
	}
	p->ways[0].is_ended = true;
	p->has_moved = false;
	if (!is_over(p))
		wait_for_drain(p);
	settle_pair(p);
}

int pair_shared_init(struct pair_shared *s, struct loop *loop)
{
	int r;

	*s = (struct pair_shared){ .loop = loop, .bytes = malloc(PAIR_BYTES) };
	r = s->bytes ? alarms_init(&s->draining, loop, DRAIN_EVERY_USEC, on_drain_alarm) : -ENOMEM;
	if (r < 0)
		free(s->bytes);
	return r;
}

void pair_shared_reset(struct pair_shared *s)
{
	alarms_reset(&s->draining);
	free(s->bytes);
	*s = (struct pair_shared){ 0 };
}
