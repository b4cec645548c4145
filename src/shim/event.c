/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/event.h"

#include <string.h>

#include "shim/shim.h"

static void add_exec(struct control_event *e, const char *target, bool running, int code)
{
	struct control_exec *exec;

	if (e->n_execs == CONTROL_EXECS_MAX)
		return;
	exec = &e->execs[e->n_execs++];
	memcpy(exec->target, target, strlen(target) + 1);
	exec->running = running;
	exec->code = code;
}

/* Those that run, then those that ended last. */
static void list_execs(const struct shim *s, struct control_event *e)
{
	const struct history_entry *old;
	const struct process *p;

	LIST_FOREACH (p, &s->processes, entry)
		if (p != s->init && !process_is_files(p) && p->state == PROCESS_RUNNING)
			add_exec(e, p->target, true, 0);
	for (size_t age = 0; (old = history_get(&s->history, age)); age++)
		add_exec(e, old->target, false, old->code);
}

static enum control_state state_of(const struct shim *s)
{
	if (s->stage >= SHIM_DRAINING)
		return STATE_EXITED;
	return s->exit.started_nsec ? STATE_RUNNING : STATE_CREATED;
}

const char *event_disk_name(size_t disk)
{
	return disk == 0 ? "image" : "layer";
}

static void note_disk_errors(const struct shim *s, struct control_event *e)
{
	const struct disk_errors *errors = &s->disks.now;

	e->disk_errors.count = errors->count;
	strcpy(e->disk_errors.disk, event_disk_name(errors->disk));
	memcpy(e->disk_errors.reason, errors->reason, sizeof(errors->reason));
}

char *event_state(const struct shim *s)
{
	struct control_event e = {
		.type = EVENT_STATE,
		.state = state_of(s),
		.paused = s->paused,
		.oom = s->oom,
		.disk_full = s->space.full,
		.pid = (int)s->machine.pid,
		.started_nsec = s->exit.started_nsec,
		.execs = calloc(CONTROL_EXECS_MAX, sizeof(*e.execs)),
	};
	char *text = NULL;

	if (e.execs) {
		note_disk_errors(s, &e);
		list_execs(s, &e);
		text = control_event_write(&e);
	}
	control_event_reset(&e);
	return text;
}

static char *of_type(enum control_event_type type)
{
	return control_event_write(&(struct control_event){ .type = type });
}

char *event_started(const struct shim *s)
{
	return control_event_write(&(struct control_event){ .type = EVENT_STARTED,
							    .pid = (int)s->machine.pid,
							    .started_nsec = s->exit.started_nsec,
							    .machine = s->source,
							    .times = s->times });
}

char *event_restore_failed(void)
{
	return of_type(EVENT_RESTORE_FAILED);
}

char *event_oom(void)
{
	return of_type(EVENT_OOM);
}

char *event_space(const struct shim *s)
{
	return of_type(s->space.full ? EVENT_DISK_FULL : EVENT_DISK_FREE);
}

char *event_disk_errors(const struct shim *s)
{
	struct control_event e = { .type = EVENT_DISK_ERRORS };

	note_disk_errors(s, &e);
	return control_event_write(&e);
}

char *event_paused(const struct shim *s)
{
	return of_type(s->paused ? EVENT_PAUSED : EVENT_RESUMED);
}

char *event_exec_exited(const char *target, int code)
{
	struct control_event e = { .type = EVENT_EXEC_EXITED, .exec.code = code };

	memcpy(e.exec.target, target, strlen(target) + 1);
	return control_event_write(&e);
}

char *event_exited(const struct shim *s)
{
	return control_event_write(&(struct control_event){
		.type = EVENT_EXITED, .exit = s->exit, .machine = s->source, .times = s->times });
}
