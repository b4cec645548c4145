/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/event.h"

#include <stdlib.h>
#include <string.h>

#include "shim/shim.h"

static void note_disk_errors(const struct shim *s, struct control_event *e)
{
	const struct disk_errors *errors = &s->life->disks.now;

	e->disk_errors.count = errors->count;
	strcpy(e->disk_errors.disk, control_disk_name(errors->disk));
	memcpy(e->disk_errors.reason, errors->reason, sizeof(errors->reason));
}

static void add_exec(struct control_container *to, const char *target, bool running, int code)
{
	struct control_exec *exec = &to->execs[to->n_execs++];

	memcpy(exec->target, target, strlen(target) + 1);
	exec->running = running;
	exec->code = code;
}

/* Lists the execs that run, then those that ended last, @room at most. */
static void list_execs(const struct container *c, struct control_container *to, size_t room)
{
	const struct history_entry *old;
	const struct process *p;

	LIST_FOREACH (p, &c->processes, entry)
		if (p != c->init && process_is_program(p) && p->state == PROCESS_RUNNING &&
		    to->n_execs < room)
			add_exec(to, p->target, true, 0);
	for (size_t age = 0; to->n_execs < room && (old = history_get(&c->history, age)); age++)
		add_exec(to, old->target, false, old->code);
}

static enum control_state state_of(const struct container *c)
{
	if (c->ended)
		return STATE_EXITED;
	return c->exit.started_nsec ? STATE_RUNNING : STATE_CREATED;
}

static int describe_container(const struct container *c, struct control_container *to, size_t room)
{
	*to = (struct control_container){ .state = state_of(c),
					  .oom = c->oom,
					  .disk_full = c->space.full,
					  .started_nsec = c->exit.started_nsec,
					  .execs = calloc(room + 1, sizeof(*to->execs)) };
	memcpy(to->name, c->name, sizeof(to->name));
	if (!to->execs)
		return -1;
	list_execs(c, to, room);
	return 0;
}

static int list_containers(const struct shim *s, struct control_event *e)
{
	size_t room = CONTROL_EXECS_MAX;
	const struct container *c;

	e->containers = calloc(CONTROL_CONTAINERS_MAX, sizeof(*e->containers));
	if (!e->containers)
		return -1;
	LIST_FOREACH (c, &s->containers.list, entry) {
		struct control_container *to = &e->containers[e->n_containers];

		if (e->n_containers == CONTROL_CONTAINERS_MAX)
			break;
		e->n_containers++;
		if (describe_container(c, to, room) < 0)
			return -1;
		room -= to->n_execs;
	}
	return 0;
}

char *event_state(const struct shim *s)
{
	struct control_event e = {
		.type = EVENT_STATE,
		.paused = s->life->paused,
		.resting = s->life->machine.resting,
		.pid = (int)s->life->machine.pid,
		.machine = s->life->source,
	};
	char *text = NULL;

	note_disk_errors(s, &e);
	if (list_containers(s, &e) == 0)
		text = control_event_write(&e);
	control_event_reset(&e);
	return text;
}

char *event_disk_errors(const struct shim *s)
{
	struct control_event e = { .type = EVENT_DISK_ERRORS };

	note_disk_errors(s, &e);
	return control_event_write(&e);
}
