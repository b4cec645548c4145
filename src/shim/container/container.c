/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container waits for the guest, is set up there, and its process is
 * started when both that and a request for it have come.  Its end is told at once: it is what
 * settles first, its process's exit or a failure of moat's.  Its place in the machine is given back
 * later, when the guest has taken it away, or with the machine; only then may another machine have
 * its disks.
 */
#include "shim/container/container.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shim/container/containers.h"
#include "shim/container/ending.h"
#include "shim/container/event.h"
#include "shim/container/files.h"
#include "shim/text.h"

struct process *container_find(struct container *c, const char *target)
{
	struct process *p;

	LIST_FOREACH (p, &c->processes, entry)
		if (p->state != PROCESS_OVER && streq(p->target, target))
			return p;
	return NULL;
}

int container_add_process(struct container *c, const char *target, struct oci_process *spec,
			  struct process **ret)
{
	struct process *p;
	int r;

	if (c->all->last_stream == UINT32_MAX)
		return -ENOSPC;
	r = process_new(c, target, spec, &p);
	if (r < 0)
		return r;
	p->stream = ++c->all->last_stream;
	LIST_INSERT_HEAD(&c->processes, p, entry);
	*ret = p;
	return 0;
}

void container_drop_process(struct process *p)
{
	LIST_REMOVE(p, entry);
	process_free(p);
}

bool container_is_wanted(const struct container *c)
{
	return c->start_requested && !c->ended;
}

bool container_is_running(const struct container *c)
{
	return c->init->state == PROCESS_RUNNING && !c->ended;
}

static int on_deadline(struct source *source, void *arg)
{
	struct container *c = arg;
	struct life *life = c->all->life;
	struct err err;

	(void)source;
	if (c->state == CONTAINER_KILLING) {
		container_take_away(c);
		return 0;
	}
	if (c->state == CONTAINER_REMOVING) {
		log_warning(
			"the guest did not take a container away in time, the machine is ended");
		life_kill(life);
		return 0;
	}
	if (deadline_goes_on(&c->patience, c->deadline))
		return 0;
	err_set(&err, -ETIMEDOUT, "the guest did not come up within %u s; see `moat logs --boot`",
		(unsigned)(c->all->deadlines->setup_usec / USEC_PER_SEC));
	life_late(life, &c->patience, &err);
	return 0;
}

int container_new(struct containers *all, const char *name, struct container **ret)
{
	struct container *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->all = all;
	c->slot = c->dir_fd = -1;
	c->share = SHARE_NONE;
	memcpy(c->name, name, strlen(name) + 1);
	LIST_INIT(&c->processes);
	c->times.begun = clock_mono_usec();
	r = loop_add_timer(all->loop, UINT64_MAX, on_deadline, c, &c->deadline);
	if (r == 0)
		r = loop_add_timer(all->loop, UINT64_MAX, container_drain_over, c, &c->drain);
	if (r < 0) {
		container_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void container_free(struct container *c)
{
	struct process *p;

	while ((p = LIST_FIRST(&c->processes)))
		container_drop_process(p);
	if (c->remover)
		server_forget(c->remover);
	share_end(&c->share);
	sockets_reset(c);
	queries_reset(&c->queries);
	network_wish_reset(&c->network);
	source_free(c->deadline);
	source_free(c->drain);
	source_free(c->space.timer);
	crilog_free(c->log);
	oci_runtime_free(c->runtime);
	if (c->dir_fd >= 0)
		close(c->dir_fd);
	free(c);
}

/* Ends the machine when nothing can be sent to its guest. */
static void lose_link(struct container *c, int code)
{
	struct err err;

	err_errno(&err, code, "guest link");
	life_fail(c->all->life, EXIT_NOT_STARTED, &err);
}

void container_offer(struct container *c)
{
	struct life *life = c->all->life;
	struct err err;
	int r;

	if (c->state > CONTAINER_SETTING_UP)
		return;
	c->times.engine = life->engine_usec;
	c->pid = life->machine.pid;
	c->machine = life->source;
	c->state = CONTAINER_SETTING_UP;
	r = deadline_begin(&c->patience, c->deadline, c->pid, c->all->deadlines->setup_usec);
	if (r == 0 && share_pass(c, &err) < 0) {
		life_fail(life, EXIT_NOT_STARTED, &err);
		return;
	}
	if (r == 0)
		r = network_offer(c);
	if (r == 0)
		r = guest_add(life->guest, c->number, (unsigned)c->slot, c->runtime);
	oci_secrets_reset(&c->runtime->options.secrets);
	if (r < 0)
		lose_link(c, r);
}

/* Starts the container's process, if the guest is ready for it and somebody has asked for it. */
static void spawn_init(struct container *c)
{
	struct err err;
	int r;

	if (!c->start_requested || c->state != CONTAINER_READY ||
	    c->init->state != PROCESS_WAITING || life_is_closing(c->all->life))
		return;
	r = process_spawn(c->init);
	if (r == 0)
		return;
	err_errno(&err, r, "start the container's process");
	container_fail(c, EXIT_NOT_STARTED, &err);
}

/* Ends a container whose network the guest could not make; others in the machine go on. */
static void give_up_network(struct container *c)
{
	err_wrap(&c->network.err, "the container's network could not be set up");
	container_end(c, EXIT_NOT_STARTED, false, &c->network.err);
	container_abandon_all(c, true);
}

int container_ready(struct container *c)
{
	int r;

	if (c->state != CONTAINER_SETTING_UP || network_settled(c) < 0)
		return -EBADMSG;
	c->state = CONTAINER_READY;
	c->times.ready = clock_mono_usec();
	life_worked(c->all->life);
	(void)source_set_timer(c->deadline, UINT64_MAX);
	r = space_begin(c);
	if (r < 0)
		log_warning("the room on the host's disk: %s", strerror(-r));
	if (c->removed) {
		container_take_away(c);
		return 0;
	}
	if (c->network.err.code < 0)
		give_up_network(c);
	files_ready(c);
	spawn_init(c);
	c->all->changed(c->all->arg);
	return 0;
}

int container_failed(struct container *c, const struct err *err)
{
	struct err why = *err;

	if (c->state == CONTAINER_REMOVING) {
		life_fail(c->all->life, EXIT_KILLED, err);
		return 0;
	}
	if (c->state != CONTAINER_SETTING_UP)
		return -EBADMSG;
	c->state = CONTAINER_FAILED;
	(void)source_set_timer(c->deadline, UINT64_MAX);
	err_wrap(&why, "the container could not be set up");
	container_end(c, EXIT_NOT_STARTED, false, &why);
	container_abandon_all(c, true);
	if (c->removed)
		container_take_away(c);
	c->all->changed(c->all->arg);
	return 0;
}

/*
 * Blames the template for an earlier failure, now that the same container is ready in a machine
 * that was booted.  Before, the container's own disk may have been the reason, which can fail in
 * any machine.
 */
static void blame_template(struct container *c)
{
	if (life_restore_failed(c->all->life))
		server_tell_all(c->all->server, event_of_type(EVENT_RESTORE_FAILED));
}

void container_process_started(struct container *c, struct process *p)
{
	if (p == c->init) {
		c->exit.started_nsec = clock_now_nsec();
		c->times.started = clock_mono_usec();
		blame_template(c);
		server_tell_all(c->all->server, event_started(c));
		sockets_started(c);
	}
	if (p->waiter)
		server_answer(p->waiter, NULL);
}

void container_not_started(struct container *c, struct process *p, const struct err *err)
{
	struct err clean = *err;

	text_clean(clean.msg);
	if (p == c->init) {
		blame_template(c);
		container_end(c, exit_code_of_errno(-err->code), false, &clean);
		c->all->changed(c->all->arg);
		return;
	}
	if (p->waiter)
		server_answer(p->waiter, &clean);
	link_close(guest_link(c->all->life->guest), p->stream);
	container_drop_process(p);
	c->all->changed(c->all->arg);
}

void container_process_exited(struct container *c, struct process *p, int code, bool oom)
{
	if (p != c->init) {
		container_exec_over(c, p, code);
		return;
	}
	c->times.exited = clock_mono_usec();
	container_end(c, code, oom, NULL);
	if (c->state == CONTAINER_KILLING)
		container_take_away(c);
	else if (c->state == CONTAINER_REMOVING)
		(void)source_set_timer(c->deadline, c->all->deadlines->shutdown_usec);
	c->all->changed(c->all->arg);
}

void container_oom(struct container *c)
{
	c->oom = true;
	server_tell_all(c->all->server, event_oom(c));
}

void container_lost(struct container *c)
{
	c->all->changed(c->all->arg);
}

int container_start(struct container *c, struct conn *conn, struct err *err)
{
	if (c->start_requested)
		return err_set(err, -EALREADY, "the container is started already");
	c->start_requested = true;
	if (c->ended) {
		container_announce(c);
		return err_set(err, c->exit.err.code < 0 ? c->exit.err.code : -ECANCELED, "%s",
			       *c->exit.err.msg ? c->exit.err.msg : "the machine has ended");
	}
	exit_reserve(c->dir_fd);
	process_answer_to(c->init, conn);
	spawn_init(c);
	c->all->changed(c->all->arg);
	return 0;
}
