/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Timers are timerfds, signals signalfds, children pidfds: so
 * everything is a descriptor in one epoll set, and a source is that descriptor with a
 * callback.  A freed source leaves the set at once and is unlinked, but its memory
 * stays on a list until the current round of events is over, because a later event
 * of the same round may still point at it.
 */
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"

enum source_kind { SOURCE_IO, SOURCE_TIMER, SOURCE_SIGNAL, SOURCE_CHILD, SOURCE_FREED };

struct source {
	enum source_kind kind;
	struct loop *loop;
	struct source *next, **link; /* in loop->sources, or loop->freed */
	int fd;			     /* owned, except SOURCE_IO */
	pid_t pid;
	void *arg;
	union {
		loop_io_fn io;
		loop_timer_fn timer;
		loop_signal_fn signal;
		loop_child_fn child;
	} fn;
};

struct loop {
	int epoll_fd;
	bool quit;
	int result;
	struct source *sources;
	struct source *freed;
};

int loop_new(struct loop **ret)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd < 0) {
		int r = -errno;

		free(l);
		return r;
	}
	*ret = l;
	return 0;
}

static void free_list(struct source **list)
{
	while (*list) {
		struct source *s = *list;

		*list = s->next;
		free(s);
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	while (l->sources)
		source_free(l->sources);
	free_list(&l->freed);
	close(l->epoll_fd);
	free(l);
}

static void list_push(struct source **list, struct source *s)
{
	s->next = *list;
	s->link = list;
	if (s->next)
		s->next->link = &s->next;
	*list = s;
}

static void list_remove(struct source *s)
{
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
}

void source_free(struct source *s)
{
	if (!s || s->kind == SOURCE_FREED)
		return;
	epoll_ctl(s->loop->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
	if (s->kind != SOURCE_IO)
		close(s->fd);
	s->kind = SOURCE_FREED;
	list_remove(s);
	list_push(&s->loop->freed, s);
}

/* Takes @fd over for every kind but SOURCE_IO, also on failure. */
static int source_new(struct loop *l, enum source_kind kind, int fd, uint32_t events, void *arg,
		      struct source **ret)
{
	struct source *s = calloc(1, sizeof(*s));
	struct epoll_event ev = { .events = events, .data.ptr = s };
	int r = s ? 0 : -ENOMEM;

	if (r == 0 && epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
		r = -errno;
	if (r < 0) {
		if (kind != SOURCE_IO)
			close(fd);
		free(s);
		return r;
	}
	s->kind = kind;
	s->loop = l;
	s->fd = fd;
	s->arg = arg;
	list_push(&l->sources, s);
	*ret = s;
	return 0;
}

static void give_source(struct source *s, struct source **ret)
{
	if (ret)
		*ret = s;
}

int loop_add_io(struct loop *l, int fd, uint32_t events, loop_io_fn fn, void *arg,
		struct source **ret)
{
	struct source *s;
	int r = source_new(l, SOURCE_IO, fd, events, arg, &s);

	if (r < 0)
		return r;
	s->fn.io = fn;
	give_source(s, ret);
	return 0;
}

int source_set_events(struct source *s, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	return epoll_ctl(s->loop->epoll_fd, EPOLL_CTL_MOD, s->fd, &ev) < 0 ? -errno : 0;
}

int source_hand_over(struct source *s, uint32_t events, loop_io_fn fn, void *arg)
{
	s->fn.io = fn;
	s->arg = arg;
	return source_set_events(s, events);
}

int source_set_timer(struct source *s, uint64_t delay_usec)
{
	struct itimerspec its = { 0 };

	if (delay_usec != UINT64_MAX) {
		its.it_value.tv_sec = (time_t)(delay_usec / USEC_PER_SEC);
		its.it_value.tv_nsec = (long)(delay_usec % USEC_PER_SEC * NSEC_PER_USEC);
		if (delay_usec == 0)
			its.it_value.tv_nsec = 1;
	}
	return timerfd_settime(s->fd, 0, &its, NULL) < 0 ? -errno : 0;
}

int loop_add_timer(struct loop *l, uint64_t delay_usec, loop_timer_fn fn, void *arg,
		   struct source **ret)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct source *s;
	int r;

	if (fd < 0)
		return -errno;
	r = source_new(l, SOURCE_TIMER, fd, EPOLLIN, arg, &s);
	if (r < 0)
		return r;
	s->fn.timer = fn;
	r = source_set_timer(s, delay_usec);
	if (r < 0) {
		source_free(s);
		return r;
	}
	give_source(s, ret);
	return 0;
}

int loop_add_signal(struct loop *l, int signo, loop_signal_fn fn, void *arg, struct source **ret)
{
	struct source *s;
	sigset_t set;
	int fd, r;

	sigemptyset(&set);
	sigaddset(&set, signo);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = source_new(l, SOURCE_SIGNAL, fd, EPOLLIN, arg, &s);
	if (r < 0)
		return r;
	s->fn.signal = fn;
	give_source(s, ret);
	return 0;
}

int loop_add_child(struct loop *l, pid_t pid, loop_child_fn fn, void *arg, struct source **ret)
{
	cleanup_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct source *s = NULL;
	int r = fd < 0 ? -errno : loop_add_pidfd(l, fd, fn, arg, &s);

	if (r < 0)
		return r;
	s->pid = pid;
	give_source(s, ret);
	return 0;
}

int loop_add_pidfd(struct loop *l, int pidfd, loop_child_fn fn, void *arg, struct source **ret)
{
	int fd = fcntl(pidfd, F_DUPFD_CLOEXEC, 0), r;
	struct source *s;

	if (fd < 0)
		return -errno;
	r = source_new(l, SOURCE_CHILD, fd, EPOLLIN, arg, &s);
	if (r < 0)
		return r;
	s->fn.child = fn;
	give_source(s, ret);
	return 0;
}

static int dispatch_timer(struct source *s)
{
	uint64_t fired;

	if (read(s->fd, &fired, sizeof(fired)) < 0)
		return 0; /* the timer was armed anew after it had expired */
	return s->fn.timer(s, s->arg);
}

static int dispatch_signal(struct source *s)
{
	struct signalfd_siginfo si;

	if (read(s->fd, &si, sizeof(si)) != sizeof(si))
		return 0;
	return s->fn.signal(s, (int)si.ssi_signo, s->arg);
}

/* Return: as waitpid(2) gives it. */
static int status_of(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return W_EXITCODE(info->si_status, 0);
	return W_EXITCODE(0, info->si_status) | (info->si_code == CLD_DUMPED ? WCOREFLAG : 0);
}

static int dispatch_child(struct source *s)
{
	siginfo_t info = { 0 };
	int r = waitid(P_PIDFD, (id_t)s->fd, &info, WEXITED | WNOHANG);

	if (r < 0 ? errno != ECHILD : info.si_pid == 0)
		return 0;
	epoll_ctl(s->loop->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
	return s->fn.child(s, s->pid, r < 0 ? -1 : status_of(&info), s->arg);
}

static int source_dispatch(struct source *s, uint32_t events)
{
	switch (s->kind) {
	case SOURCE_IO:
		return s->fn.io(s, s->fd, events, s->arg);
	case SOURCE_TIMER:
		return dispatch_timer(s);
	case SOURCE_SIGNAL:
		return dispatch_signal(s);
	case SOURCE_CHILD:
		return dispatch_child(s);
	case SOURCE_FREED:
		return 0;
	}
	return 0;
}

int loop_run(struct loop *l)
{
	struct epoll_event events[32];

	l->quit = false;
	while (!l->quit) {
		int n = epoll_wait(l->epoll_fd, events, ARRAY_SIZE(events), -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++) {
			int r = source_dispatch(events[i].data.ptr, events[i].events);

			if (r < 0)
				return r;
		}
		free_list(&l->freed);
	}
	return l->result;
}

void loop_quit(struct loop *l, int result)
{
	l->quit = true;
	l->result = result;
}
