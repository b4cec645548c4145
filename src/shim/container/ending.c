/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The first thing that settles how a container ended is decided and stays:
 * its process's exit, a failure of moat's, or a request to end it.  It is told at once: exit.json
 * is written, those who wait are answered, watchers hear of it, and clients get the time to take
 * the last output.  Its place is given back when the guest has taken it away (REMOVE, REMOVED), or
 * with the machine.
 */
#include "shim/container/ending.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/names.h"
#include "shim/container/containers.h"
#include "shim/container/event.h"
#include "shim/container/process-io.h"
#include "shim/text.h"

void container_exec_over(struct container *c, struct process *p, int code)
{
	if (process_is_program(p)) {
		history_add(&c->history, p->target, code);
		server_tell_all(c->all->server, event_exec_exited(c, p->target, code));
	}
	process_over(p);
	c->all->changed(c->all->arg);
}

static bool is_busy(const struct container *c)
{
	const struct process *p;

	LIST_FOREACH (p, &c->processes, entry)
		if (process_busy(p))
			return true;
	return false;
}

bool container_is_drained(const struct container *c)
{
	return c->drained || !is_busy(c);
}

int container_drain_over(struct source *source, void *arg)
{
	struct container *c = arg;

	(void)source;
	if (is_busy(c))
		log_warning("a client did not take the last output in time, and is left behind");
	c->drained = true;
	c->all->changed(c->all->arg);
	return 0;
}

void container_drain(struct container *c)
{
	const struct deadlines *d = c->all->deadlines;
	uint64_t usec = c->all->hasty ? d->hasty_drain_usec : d->drain_usec;

	if (source_set_timer(c->drain, usec) < 0)
		c->drained = true;
}

/* Ends a process that will not run any more: whoever waits for it gets an answer. */
static void abandon_process(struct container *c, struct process *p)
{
	struct err err;

	if (p != c->init && p->order != LINK_FILES && p->state == PROCESS_RUNNING) {
		container_exec_over(c, p, EXIT_KILLED);
		return;
	}
	if (p != c->init && p->waiter) {
		err_set(&err, -ESRCH, "the container ended");
		if (p->order == LINK_FILES && *c->exit.err.msg)
			err = c->exit.err;
		server_answer(p->waiter, &err);
	}
	process_over(p);
}

void container_abandon_all(struct container *c, bool files)
{
	struct process *p, *next;

	LIST_FOREACH_SAFE (p, &c->processes, entry, next)
		if (p->state != PROCESS_OVER && (files || p->order != LINK_FILES))
			abandon_process(c, p);
}

static void answer_start(struct container *c)
{
	struct err err = c->exit.err;

	if (!c->init->waiter)
		return;
	if (!*err.msg)
		err_set(&err, -ECANCELED, "the container was ended before its process ran");
	server_answer(c->init->waiter, &err);
}

/* The record of an end that no watcher hears of is synced: it must survive a loss of power. */
void container_announce(struct container *c)
{
	int r;

	life_tell_disk_errors(c->all->life);
	r = exit_write(c->dir_fd, &c->exit, !server_is_watched(c->all->server));
	if (r < 0)
		log_error("%s: %s", EXIT_FILE, strerror(-r));
	c->times.ended = clock_mono_usec();
	answer_start(c);
	server_tell_all(c->all->server, event_exited(c));
}

void container_end(struct container *c, int code, bool oom, const struct err *err)
{
	if (c->ended)
		return;
	c->ended = true;
	c->exit.code = code;
	c->exit.oom = oom || c->oom;
	c->exit.finished_nsec = clock_now_nsec();
	if (err) {
		c->exit.err = *err;
		text_clean(c->exit.err.msg);
		log_error("%.12s: %s", c->name, c->exit.err.msg);
	}
	sockets_reset(c);
	container_abandon_all(c, false);
	if (c->start_requested)
		container_announce(c);
	container_drain(c);
}

void container_gone(struct container *c, int code, const struct err *why)
{
	if (c->state == CONTAINER_GONE)
		return;
	container_end(c, code, false, why);
	container_abandon_all(c, true);
	share_end(&c->share);
	queries_reset(&c->queries);
	c->state = CONTAINER_GONE;
	(void)source_set_timer(c->deadline, UINT64_MAX);
	if (c->slot >= 0)
		life_give_back(c->all->life, (unsigned)c->slot);
	c->slot = -1;
	server_tell_all(c->all->server, event_removed(c, why));
	if (c->remover)
		server_answer(c->remover, NULL);
}

void container_fail(struct container *c, int code, const struct err *err)
{
	container_end(c, code, false, err);
	life_fail(c->all->life, code, NULL);
}

/* Sends REMOVE and sets a deadline: for the end of what still runs, or for the disks. */
void container_take_away(struct container *c)
{
	const struct deadlines *d = c->all->deadlines;
	bool runs = container_is_running(c);
	int r = guest_remove(c->all->life->guest, c->number);

	c->state = CONTAINER_REMOVING;
	if (r == 0)
		r = source_set_timer(c->deadline, runs ? d->kill_usec : d->shutdown_usec);
	if (r < 0)
		life_kill(c->all->life);
}

static void remover_gone(void *arg, struct conn *conn)
{
	struct container *c = arg;

	(void)conn;
	c->remover = NULL;
}

static void begin_removing(struct container *c)
{
	switch (c->state) {
	case CONTAINER_WAITING:
		container_gone(c, EXIT_KILLED, NULL);
		break;
	case CONTAINER_READY:
		if (container_is_running(c) && process_signal(c->init, SIGKILL) == 0 &&
		    source_set_timer(c->deadline, c->all->deadlines->kill_usec) == 0)
			c->state = CONTAINER_KILLING;
		else
			container_take_away(c);
		break;
	case CONTAINER_FAILED:
		container_take_away(c);
		break;
	default: /* the guest's answer takes it on */
		break;
	}
}

int container_remove(struct container *c, struct conn *conn, struct err *err)
{
	if (c->removed)
		return err_set(err, -EALREADY, "the container is being removed");
	c->removed = true;
	c->remover = conn;
	server_wait(conn, remover_gone, c);
	if (c->state == CONTAINER_GONE)
		server_answer(conn, NULL);
	else
		begin_removing(c);
	c->all->changed(c->all->arg);
	return 0;
}
