/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/event.h"

#include "shim/shim.h"

/* As many as surely fit into a packet. */
#define EXECS_MAX 1000

static char *take_text(json_t *obj)
{
	cleanup_json json_t *owned = obj;

	return owned ? json_write(owned) : NULL;
}

static int add_exec(json_t *execs, const char *target, bool running, int code)
{
	if (json_array_size(execs) >= EXECS_MAX)
		return 0;
	return json_array_append_new(execs, json_pack("{s:s, s:b, s:i}", "target", target,
						      "running", (int)running, "code", code));
}

/* Those that run, then those that ended last. */
static json_t *list_execs(const struct shim *s)
{
	cleanup_json json_t *execs = json_array();
	const struct history_entry *e;
	const struct process *p;
	int r = execs ? 0 : -1;

	LIST_FOREACH(p, &s->processes, entry)
	if (r == 0 && p != s->init && !process_is_files(p) && p->state == PROCESS_RUNNING)
		r = add_exec(execs, p->target, true, 0);
	for (size_t age = 0; r == 0 && (e = history_get(&s->history, age)); age++)
		r = add_exec(execs, e->target, false, e->code);
	return r == 0 ? take_ptr(execs) : NULL;
}

const char *event_disk_name(size_t disk)
{
	return disk == 0 ? "image" : "layer";
}

/* NULL where there were none. */
static json_t *disk_errors_json(const struct shim *s)
{
	const struct disk_errors *e = &s->disks.now;

	if (e->count == 0)
		return NULL;
	return json_pack("{s:I, s:s, s:s}", "count", (json_int_t)e->count, "disk",
			 event_disk_name(e->disk), "reason", e->reason);
}

static const char *state_name(const struct shim *s)
{
	if (s->stage >= SHIM_DRAINING)
		return "exited";
	return s->exit.started_nsec ? "running" : "created";
}

char *event_state(const struct shim *s)
{
	json_t *execs = list_execs(s);

	if (!execs)
		return NULL;
	return take_text(json_pack("{s:b, s:s, s:s, s:b, s:b, s:i, s:I, s:o, s:o*}", "ok", 1,
				   "event", "state", "state", state_name(s), "paused",
				   (int)s->paused, "oom", (int)s->oom, "pid", (int)s->machine.pid,
				   "started_nsec", (json_int_t)s->exit.started_nsec, "execs", execs,
				   "disk_errors", disk_errors_json(s)));
}

static json_t *times_json(const struct shim_times *t)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "begun", (json_int_t)t->begun,
			 "engine", (json_int_t)t->engine, "ready", (json_int_t)t->ready, "started",
			 (json_int_t)t->started, "output", (json_int_t)t->output, "exited",
			 (json_int_t)t->exited, "ended", (json_int_t)t->ended);
}

static const char *machine_name(const struct shim *s)
{
	static const char *const names[] = { [MACHINE_SPARE] = "spare",
					     [MACHINE_RESTORED] = "restored",
					     [MACHINE_BOOTED] = "booted" };

	return names[s->source];
}

char *event_started(const struct shim *s)
{
	return take_text(json_pack("{s:s, s:i, s:I, s:s, s:o}", "event", "started", "pid",
				   (int)s->machine.pid, "started_nsec",
				   (json_int_t)s->exit.started_nsec, "machine", machine_name(s),
				   "times_usec", times_json(&s->times)));
}

char *event_restore_failed(void)
{
	return take_text(json_pack("{s:s}", "event", "restore-failed"));
}

char *event_oom(void)
{
	return take_text(json_pack("{s:s}", "event", "oom"));
}

char *event_disk_errors(const struct shim *s)
{
	return take_text(json_pack("{s:s, s:o}", "event", "disk-errors", "disk_errors",
				   disk_errors_json(s)));
}

char *event_paused(const struct shim *s)
{
	return take_text(json_pack("{s:s}", "event", s->paused ? "paused" : "resumed"));
}

char *event_exec_exited(const char *target, int code)
{
	return take_text(json_pack("{s:s, s:s, s:i}", "event", "exec-exited", "target", target,
				   "code", code));
}

char *event_exited(const struct shim *s)
{
	json_t *obj = exit_json(&s->exit);

	if (obj && (json_object_set_new(obj, "event", json_string("exited")) < 0 ||
		    json_object_set_new(obj, "machine", json_string(machine_name(s))) < 0 ||
		    json_object_set_new(obj, "times_usec", times_json(&s->times)) < 0)) {
		json_decref(obj);
		return NULL;
	}
	return take_text(obj);
}
