/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Called by the main thread alone, so that there is one place where a
 * container becomes running or ended, whatever thread asked for it.
 */
#include "daemon/container/shim-event.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/container/exec.h"
#include "daemon/container/health-probe.h"
#include "daemon/container/sockets.h"
#include "daemon/container/transition.h"
#include "daemon/machine/template.h"

/* Records what the shim tells of an exec.  Under the table's lock. */
static void note_exec(struct container *c, const struct control_exec *told)
{
	struct exec *e = container_exec(c, told->target);

	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return;
		memcpy(e->id, told->target, ID_LEN);
		container_add_exec(c, e);
	}
	e->started = e->launched = true;
	e->running = told->running;
	e->code = told->code;
}

static void note_execs(struct container *c, const struct control_container *told)
{
	mutex_hold(&c->table->lock);
	for (size_t i = 0; i < told->n_execs && i < EXECS_MAX; i++)
		if (strlen(told->execs[i].target) == ID_LEN)
			note_exec(c, &told->execs[i]);
}

static void note_times(struct container *c, const struct control_event *event)
{
	mutex_hold(&c->table->lock);
	trace_note(&c->trace, event);
}

static void log_times(struct container *c)
{
	struct trace trace;

	pthread_mutex_lock(&c->table->lock);
	trace = c->trace;
	pthread_mutex_unlock(&c->table->lock);
	trace_log(&trace, c->rec.id);
}

static void set_started(struct container *c, int pid, int64_t nsec)
{
	container_started(c, (pid_t)pid, nsec > 0 ? nsec : clock_now_nsec());
	prober_start(c->table->prober, c);
}

static void on_started(struct container *c, const struct control_event *event)
{
	note_times(c, event);
	set_started(c, event->pid, event->started_nsec);
}

static void on_exited(struct container *c, const struct control_event *event)
{
	note_times(c, event);
	log_times(c);
	prober_stop(c->table->prober, c);
	container_ended(c, &event->exit);
}

static void on_disk_errors(struct container *c, const struct control_event *event)
{
	struct container_disk_errors e;
	bool news;

	pthread_mutex_lock(&c->table->lock);
	news = disk_errors_note(&c->disk_errors, &event->disk_errors);
	e = c->disk_errors;
	pthread_mutex_unlock(&c->table->lock);
	if (!news)
		return;
	log_warning("container %.12s: %llu requests to its disks have failed on the host, the last "
		    "one (%s): %s",
		    c->rec.id, (unsigned long long)e.count, e.disk, e.reason);
	container_publish(c, "disk_error",
			  json_pack("{s:o, s:s, s:s}", "count",
				    json_sprintf("%llu", (unsigned long long)e.count), "disk",
				    e.disk, "reason", e.reason));
}

/* Records what a shim says of its state when moatd connects to it.  The times of the start's
 * steps are not known by then. */
static void on_state(struct container *c, const struct control_event *event)
{
	const struct control_container *told = control_event_container(event, c->rec.id);

	if (!told)
		return;
	note_execs(c, told);
	if (told->state != STATE_RUNNING)
		return;
	set_started(c, event->pid, told->started_nsec);
	if (told->oom && !c->rec.oom)
		container_oom(c);
	on_disk_errors(c, event);
	container_disk_full(c, told->disk_full);
	container_paused(c, event->paused);
}

static void on_exec_exited(struct container *c, const struct control_exec *e)
{
	if (!prober_exec_ended(c->table->prober, e->target, e->code))
		container_exec_ended(c, e->target, e->code);
}

static void on_detached(struct container *c, const char *exec_id)
{
	if (*exec_id)
		container_publish(c, "exec_detach", json_pack("{s:s}", "execID", exec_id));
	else
		container_publish(c, "detach", NULL);
}

int shim_event(struct container *c, const struct control_event *event)
{
	if (*event->container && !streq(event->container, c->rec.id))
		return 0;
	switch (event->type) {
	case EVENT_STATE:
		on_state(c, event);
		break;
	case EVENT_STARTED:
		on_started(c, event);
		break;
	case EVENT_RESTORE_FAILED:
		template_distrust(c->table->machines->templates, c->template);
		break;
	case EVENT_PAUSED:
	case EVENT_RESUMED:
		container_paused(c, event->type == EVENT_PAUSED);
		break;
	case EVENT_OOM:
		container_oom(c);
		break;
	case EVENT_DISK_FULL:
	case EVENT_DISK_FREE:
		container_disk_full(c, event->type == EVENT_DISK_FULL);
		break;
	case EVENT_DISK_ERRORS:
		on_disk_errors(c, event);
		break;
	case EVENT_EXEC_EXITED:
		on_exec_exited(c, &event->exec);
		break;
	case EVENT_DETACHED:
		on_detached(c, event->exec.target);
		break;
	case EVENT_EXITED:
		on_exited(c, event);
		return 1;
	case EVENT_CALL:
		container_socket_called(c, event->call);
		break;
	case EVENT_REMOVED: /* nothing to do: whoever needs the disks waits for the machine's end */
		break;
	}
	return 0;
}
