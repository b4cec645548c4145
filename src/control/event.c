/* SPDX-License-Identifier: Apache-2.0 */
#include "control/event.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/fields.h"
#include "base/str.h"
#include "control/event-inner.h"

#define TIME(name) FIELD(control_times, name, FIELD_U64)

static const struct field times_fields[] = {
	TIME(begun),  TIME(engine), TIME(ready), TIME(started),
	TIME(output), TIME(exited), TIME(ended),
};

static const struct field about_fields[] = {
	FIELD(control_event, container, FIELD_NAME, .max = CONTROL_NAME_MAX),
};

static const struct field removed_fields[] = {
	{ "error", FIELD_LINE, offsetof(struct control_event, exit.err.msg),
	  .max = ERR_MSG_MAX - 1 },
};

static const struct field call_fields[] = {
	FIELD(control_event, call, FIELD_U32, .min = 1, .max = UINT32_MAX),
	FIELD(control_event, socket, FIELD_U32, .max = UINT8_MAX),
};

static const struct field started_fields[] = {
	FIELD(control_event, pid, FIELD_INT, .max = INT_MAX),
	FIELD(control_event, started_nsec, FIELD_I64, .max = INT64_MAX),
};

static int put_trace(json_t *obj, const struct control_event *e)
{
	json_t *times = json_object();

	if (json_object_set_new(obj, "times_usec", times) < 0 || event_put_machine(obj, e) < 0)
		return -ENOMEM;
	return fields_put(times, times_fields, ARRAY_SIZE(times_fields), &e->times);
}

static int get_trace(const json_t *obj, struct control_event *ret, struct err *err)
{
	json_t *times;
	int r = event_get_machine(obj, ret, err);

	if (r == 0)
		r = json_get_object(obj, "times_usec", &times, err);
	return r == 0 && times
		       ? fields_get(times, times_fields, ARRAY_SIZE(times_fields), &ret->times, err)
		       : r;
}

static int put_started(json_t *obj, const struct control_event *e)
{
	int r = fields_put(obj, started_fields, ARRAY_SIZE(started_fields), e);

	return r == 0 ? put_trace(obj, e) : r;
}

static int get_started(const json_t *obj, struct control_event *ret, struct err *err)
{
	int r = fields_get(obj, started_fields, ARRAY_SIZE(started_fields), ret, err);

	return r == 0 ? get_trace(obj, ret, err) : r;
}

static int put_exited(json_t *obj, const struct control_event *e)
{
	int r = exit_put(obj, &e->exit);

	return r == 0 ? put_trace(obj, e) : r;
}

static int get_exited(const json_t *obj, struct control_event *ret, struct err *err)
{
	int r = exit_get(obj, &ret->exit, err);

	return r == 0 ? get_trace(obj, ret, err) : r;
}

/* "running" is left out: an exec that has ended does not run. */
static int put_exec_exited(json_t *obj, const struct control_event *e)
{
	return json_object_update_new(
		obj, json_pack("{s:s, s:i}", "target", e->exec.target, "code", e->exec.code));
}

static int get_exec(const json_t *obj, struct control_event *ret, struct err *err)
{
	return event_get_exec(obj, &ret->exec, err);
}

/* "target" is left out for the container's own process. */
static int put_detached(json_t *obj, const struct control_event *e)
{
	return *e->exec.target ? json_object_set_new(obj, "target", json_string(e->exec.target))
			       : 0;
}

static int put_removed(json_t *obj, const struct control_event *e)
{
	return fields_put(obj, removed_fields, ARRAY_SIZE(removed_fields), e);
}

static int get_removed(const json_t *obj, struct control_event *ret, struct err *err)
{
	return fields_get(obj, removed_fields, ARRAY_SIZE(removed_fields), ret, err);
}

static int put_about(json_t *obj, const struct control_event *e)
{
	return *e->container ? fields_put(obj, about_fields, ARRAY_SIZE(about_fields), e) : 0;
}

static int put_call(json_t *obj, const struct control_event *e)
{
	return fields_put(obj, call_fields, ARRAY_SIZE(call_fields), e);
}

static int get_call(const json_t *obj, struct control_event *ret, struct err *err)
{
	return fields_get(obj, call_fields, ARRAY_SIZE(call_fields), ret, err);
}

static const struct kind {
	const char *name;
	int (*put)(json_t *obj, const struct control_event *e);
	int (*get)(const json_t *obj, struct control_event *ret, struct err *err);
} kinds[] = {
	[EVENT_STATE] = { "state", event_put_state, event_get_state },
	[EVENT_STARTED] = { "started", put_started, get_started },
	[EVENT_RESTORE_FAILED] = { "restore-failed", NULL, NULL },
	[EVENT_PAUSED] = { "paused", NULL, NULL },
	[EVENT_RESUMED] = { "resumed", NULL, NULL },
	[EVENT_OOM] = { "oom", NULL, NULL },
	[EVENT_DISK_FULL] = { "disk-full", NULL, NULL },
	[EVENT_DISK_FREE] = { "disk-free", NULL, NULL },
	[EVENT_DISK_ERRORS] = { "disk-errors", event_put_disk_errors, event_get_disk_errors },
	[EVENT_EXEC_EXITED] = { "exec-exited", put_exec_exited, get_exec },
	[EVENT_DETACHED] = { "detached", put_detached, get_exec },
	[EVENT_EXITED] = { "exited", put_exited, get_exited },
	[EVENT_REMOVED] = { "removed", put_removed, get_removed },
	[EVENT_CALL] = { "call", put_call, get_call },
};

char *control_event_write(const struct control_event *e)
{
	const struct kind *kind = &kinds[e->type];
	cleanup_json json_t *obj = json_pack("{s:s}", "event", kind->name);

	if (!obj || put_about(obj, e) < 0 || (kind->put && kind->put(obj, e) < 0))
		return NULL;
	return json_write(obj);
}

static int find_type(const json_t *obj, enum control_event_type *ret, struct err *err)
{
	const struct kind *kind;
	const char *name;
	int r = json_get_str(obj, "event", &name, err);

	if (r < 0)
		return r;
	kind = STR_FIND(kinds, name);
	if (!kind)
		return err_set(err, -EOPNOTSUPP, "the event is not known");
	*ret = (enum control_event_type)(kind - kinds);
	return 0;
}

int control_event_from_json(const json_t *obj, struct control_event *ret, struct err *err)
{
	cleanup(control_event_reset) struct control_event e = { 0 };
	int r = find_type(obj, &e.type, err);

	if (r == 0)
		r = fields_get(obj, about_fields, ARRAY_SIZE(about_fields), &e, err);
	if (r == 0 && kinds[e.type].get)
		r = kinds[e.type].get(obj, &e, err);
	if (r < 0)
		return r;
	*ret = e;
	e.containers = NULL;
	e.n_containers = 0;
	return 0;
}

int control_event_read(const char *text, size_t len, struct control_event *ret, struct err *err)
{
	cleanup_json json_t *obj = NULL;
	int r = json_read(text, len, "an event", &obj, err);

	return r == 0 ? control_event_from_json(obj, ret, err) : r;
}

struct control_container *control_event_container(const struct control_event *e, const char *name)
{
	for (size_t i = 0; i < e->n_containers; i++)
		if (streq(e->containers[i].name, name))
			return &e->containers[i];
	return NULL;
}

const char *control_disk_name(size_t disk)
{
	return disk % 2 == 0 ? "image" : "layer";
}

void control_event_reset(struct control_event *e)
{
	for (size_t i = 0; i < e->n_containers; i++)
		free(e->containers[i].execs);
	free(e->containers);
	*e = (struct control_event){ 0 };
}
