/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/event.h"

#include <string.h>

static struct control_event event_about(const struct container *c, enum control_event_type type)
{
	struct control_event e = { .type = type };

	memcpy(e.container, c->name, sizeof(e.container));
	return e;
}

char *event_of_type(enum control_event_type type)
{
	return control_event_write(&(struct control_event){ .type = type });
}

char *event_started(const struct container *c)
{
	struct control_event e = event_about(c, EVENT_STARTED);

	e.pid = (int)c->pid;
	e.started_nsec = c->exit.started_nsec;
	e.machine = c->machine;
	e.times = c->times;
	return control_event_write(&e);
}

char *event_oom(const struct container *c)
{
	struct control_event e = event_about(c, EVENT_OOM);

	return control_event_write(&e);
}

char *event_space(const struct container *c)
{
	struct control_event e = event_about(c, c->space.full ? EVENT_DISK_FULL : EVENT_DISK_FREE);

	return control_event_write(&e);
}

char *event_exec_exited(const struct container *c, const char *target, int code)
{
	struct control_event e = event_about(c, EVENT_EXEC_EXITED);

	e.exec.code = code;
	memcpy(e.exec.target, target, strlen(target) + 1);
	return control_event_write(&e);
}

char *event_detached(const struct container *c, const char *target)
{
	struct control_event e = event_about(c, EVENT_DETACHED);

	memcpy(e.exec.target, target, strlen(target) + 1);
	return control_event_write(&e);
}

char *event_exited(const struct container *c)
{
	struct control_event e = event_about(c, EVENT_EXITED);

	e.exit = c->exit;
	e.machine = c->machine;
	e.times = c->times;
	return control_event_write(&e);
}

char *event_call(const struct container *c, const struct link_call *call)
{
	struct control_event e = event_about(c, EVENT_CALL);

	e.call = call->number;
	e.socket = call->socket;
	return control_event_write(&e);
}

char *event_removed(const struct container *c, const struct err *why)
{
	struct control_event e = event_about(c, EVENT_REMOVED);

	if (why)
		e.exit.err = *why;
	return control_event_write(&e);
}
