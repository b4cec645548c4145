/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Called by the main thread alone, so that there is one place where a
 * container becomes running or ended, whatever thread asked for it.  Events are checked as any
 * foreign JSON: what is in them came from a guest.
 */
#include "daemon/container/shim-event.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/container/exec.h"
#include "daemon/container/health-probe.h"
#include "daemon/container/transition.h"
#include "daemon/machine/template.h"

static void note_execs(struct container *c, const json_t *event)
{
	json_t *list = json_object_get(event, "execs"), *item;
	size_t i;

	pthread_mutex_lock(&c->table->lock);
	json_array_foreach (list, i, item) {
		const char *target = json_string_value(json_object_get(item, "target"));
		struct exec *e;

		if (!target || strlen(target) != ID_LEN || i >= EXECS_MAX)
			continue;
		e = container_exec(c, target);
		if (!e) {
			e = calloc(1, sizeof(*e));
			if (!e)
				continue;
			memcpy(e->id, target, ID_LEN);
			container_add_exec(c, e);
		}
		e->started = e->launched = true;
		e->running = json_is_true(json_object_get(item, "running"));
		e->code = (int)json_integer_value(json_object_get(item, "code"));
	}
	pthread_mutex_unlock(&c->table->lock);
}

/* Absent from a "state", which comes too late to tell. */
static int note_times(struct container *c, const json_t *event, struct err *err)
{
	int r;

	pthread_mutex_lock(&c->table->lock);
	r = trace_note(&c->trace, event, err);
	pthread_mutex_unlock(&c->table->lock);
	return r;
}

static void log_times(struct container *c)
{
	struct trace trace;

	pthread_mutex_lock(&c->table->lock);
	trace = c->trace;
	pthread_mutex_unlock(&c->table->lock);
	trace_log(&trace, c->rec.id);
}

static int on_started(struct container *c, const json_t *event, struct err *err)
{
	int64_t pid = 0, nsec = 0;
	int r = note_times(c, event, err);

	if (r == 0)
		r = json_get_i64(event, "pid", &pid, err);
	if (r == 0)
		r = json_get_i64(event, "started_nsec", &nsec, err);
	if (r < 0)
		return r;
	container_started(c, (pid_t)pid, nsec > 0 ? nsec : clock_now_nsec());
	prober_start(c->table->prober, c);
	return 0;
}

/* Return: 1; -errno. */
static int on_exited(struct container *c, const json_t *event, struct err *err)
{
	struct shim_exit how;
	int r = shim_read_exit(event, &how, err);

	if (r < 0)
		return r;
	(void)note_times(c, event, NULL);
	log_times(c);
	prober_stop(c->table->prober, c);
	container_ended(c, &how);
	return 1;
}

static int on_disk_errors(struct container *c, const json_t *event, struct err *err)
{
	struct container_disk_errors e;
	int r;

	pthread_mutex_lock(&c->table->lock);
	r = disk_errors_note(&c->disk_errors, event, err);
	e = c->disk_errors;
	pthread_mutex_unlock(&c->table->lock);
	if (r <= 0)
		return r;
	log_warning("container %.12s: %llu requests to its disks have failed on the host, the last "
		    "one (%s): %s",
		    c->rec.id, (unsigned long long)e.count, e.disk, e.reason);
	container_publish(c, "disk_error",
			  json_pack("{s:o, s:s, s:s}", "count",
				    json_sprintf("%llu", (unsigned long long)e.count), "disk",
				    e.disk, "reason", e.reason));
	return 0;
}

static int on_state(struct container *c, const json_t *event, struct err *err)
{
	const char *state = NULL;
	int r = json_get_str(event, "state", &state, err);

	note_execs(c, event);
	if (r < 0 || !state || !streq(state, "running"))
		return r;
	r = on_started(c, event, err);
	if (r == 0 && json_is_true(json_object_get(event, "oom")) && !c->rec.oom)
		container_oom(c);
	if (r == 0)
		r = on_disk_errors(c, event, err);
	if (r == 0)
		container_paused(c, json_is_true(json_object_get(event, "paused")));
	return r;
}

int shim_event(struct container *c, const json_t *event, struct err *err)
{
	const char *what, *target = NULL;
	int64_t code = 0;
	int r = json_get_str(event, "event", &what, err);

	if (r < 0 || !what)
		return r;
	if (streq(what, "started"))
		return on_started(c, event, err);
	if (streq(what, "exited"))
		return on_exited(c, event, err);
	if (streq(what, "restore-failed"))
		template_distrust(c->table->machines->templates, c->template);
	if (streq(what, "state"))
		return on_state(c, event, err);
	if (streq(what, "paused") || streq(what, "resumed"))
		container_paused(c, streq(what, "paused"));
	if (streq(what, "oom"))
		container_oom(c);
	if (streq(what, "disk-errors"))
		return on_disk_errors(c, event, err);
	if (streq(what, "exec-exited")) {
		r = json_get_str(event, "target", &target, err);
		if (r == 0)
			r = json_get_i64(event, "code", &code, err);
		if (r == 0 && target &&
		    !prober_exec_ended(c->table->prober, target, (int)(code & 0xff)))
			container_exec_ended(c, target, (int)(code & 0xff));
	}
	return r;
}
