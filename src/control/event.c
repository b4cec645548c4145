/* SPDX-License-Identifier: Apache-2.0 */
#include "control/event.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/fields.h"
#include "base/str.h"

#define TIME(name) FIELD(control_times, name, FIELD_U64)

static const struct field times_fields[] = {
	TIME(begun),  TIME(engine), TIME(ready), TIME(started),
	TIME(output), TIME(exited), TIME(ended),
};

static const struct field exec_fields[] = {
	FIELD(control_exec, target, FIELD_NAME, .max = CONTROL_TARGET_MAX),
	FIELD(control_exec, running, FIELD_BOOL),
	FIELD(control_exec, code, FIELD_INT, .max = 255),
};

static const struct field disk_fields[] = {
	FIELD(control_disk_errors, count, FIELD_U64),
	FIELD(control_disk_errors, disk, FIELD_NAME, .max = 15),
	FIELD(control_disk_errors, reason, FIELD_LINE, .max = 79),
};

static const struct field about_fields[] = {
	FIELD(control_event, container, FIELD_NAME, .max = CONTROL_NAME_MAX),
};

static const struct field state_fields[] = {
	FIELD(control_event, paused, FIELD_BOOL),
	FIELD(control_event, resting, FIELD_BOOL),
	FIELD(control_event, pid, FIELD_INT, .max = INT_MAX),
};

static const struct field container_fields[] = {
	FIELD(control_container, name, FIELD_NAME, .max = CONTROL_NAME_MAX),
	FIELD(control_container, oom, FIELD_BOOL),
	FIELD(control_container, disk_full, FIELD_BOOL),
	FIELD(control_container, started_nsec, FIELD_I64, .max = INT64_MAX),
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

static const char *const state_names[] = {
	[STATE_CREATED] = "created",
	[STATE_RUNNING] = "running",
	[STATE_EXITED] = "exited",
};

static const char *const machine_names[] = {
	[MACHINE_SPARE] = "spare",
	[MACHINE_RESTORED] = "restored",
	[MACHINE_BOOTED] = "booted",
};

static int get_word(const json_t *obj, const char *key, const char *const *words, size_t n,
		    struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0)
		return r;
	for (size_t i = 0; text && i < n; i++)
		if (streq(words[i], text))
			return (int)i;
	return err_set(err, -EBADMSG, "\"%s\" is missing or not known", key);
}

static int put_execs(json_t *obj, const struct control_container *e)
{
	json_t *list = json_array();

	if (json_object_set_new(obj, "execs", list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < e->n_execs; i++) {
		json_t *item = json_object();

		if (json_array_append_new(list, item) < 0 ||
		    fields_put(item, exec_fields, ARRAY_SIZE(exec_fields), &e->execs[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int get_execs(const json_t *obj, struct control_container *ret, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(obj, "execs", &list, err);

	if (r < 0 || json_array_size(list) == 0)
		return r;
	if (json_array_size(list) > CONTROL_EXECS_MAX)
		return err_set(err, -EBADMSG, "\"execs\" are too many");
	ret->execs = calloc(json_array_size(list), sizeof(*ret->execs));
	if (!ret->execs)
		return err_nomem(err);
	json_array_foreach (list, i, item) {
		r = fields_get(item, exec_fields, ARRAY_SIZE(exec_fields), &ret->execs[i], err);
		if (r < 0)
			return r;
	}
	ret->n_execs = i;
	return 0;
}

/* Writes nothing where there were no errors. */
static int put_disk_errors(json_t *obj, const struct control_event *e)
{
	json_t *errors;

	if (e->disk_errors.count == 0)
		return 0;
	errors = json_object();
	if (json_object_set_new(obj, "disk_errors", errors) < 0)
		return -ENOMEM;
	return fields_put(errors, disk_fields, ARRAY_SIZE(disk_fields), &e->disk_errors);
}

static int get_disk_errors(const json_t *obj, struct control_event *ret, struct err *err)
{
	json_t *errors;
	int r = json_get_object(obj, "disk_errors", &errors, err);

	if (r < 0 || !errors)
		return r;
	return fields_get(errors, disk_fields, ARRAY_SIZE(disk_fields), &ret->disk_errors, err);
}

static int put_container(json_t *obj, const struct control_container *c)
{
	if (!obj || fields_put(obj, container_fields, ARRAY_SIZE(container_fields), c) < 0 ||
	    json_object_set_new(obj, "state", json_string(state_names[c->state])) < 0)
		return -ENOMEM;
	return put_execs(obj, c);
}

static int get_container(const json_t *obj, struct control_container *ret, struct err *err)
{
	int r = get_word(obj, "state", state_names, ARRAY_SIZE(state_names), err);

	if (r < 0)
		return r;
	ret->state = (enum control_state)r;
	r = fields_get(obj, container_fields, ARRAY_SIZE(container_fields), ret, err);
	return r == 0 ? get_execs(obj, ret, err) : r;
}

static int put_containers(json_t *obj, const struct control_event *e)
{
	json_t *list = json_array();

	if (json_object_set_new(obj, "containers", list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < e->n_containers; i++) {
		json_t *item = json_object();

		if (json_array_append_new(list, item) < 0 ||
		    put_container(item, &e->containers[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int get_containers(const json_t *obj, struct control_event *ret, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(obj, "containers", &list, err);

	if (r < 0 || json_array_size(list) == 0)
		return r;
	if (json_array_size(list) > CONTROL_CONTAINERS_MAX)
		return err_set(err, -EBADMSG, "\"containers\" are too many");
	ret->containers = calloc(json_array_size(list), sizeof(*ret->containers));
	if (!ret->containers)
		return err_nomem(err);
	ret->n_containers = json_array_size(list);
	json_array_foreach (list, i, item) {
		r = get_container(item, &ret->containers[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_state(json_t *obj, const struct control_event *e)
{
	int r = json_object_set_new(obj, "ok", json_true());

	if (r == 0)
		r = json_object_set_new(obj, "machine", json_string(machine_names[e->machine]));
	if (r == 0)
		r = fields_put(obj, state_fields, ARRAY_SIZE(state_fields), e);
	if (r == 0)
		r = put_disk_errors(obj, e);
	return r == 0 ? put_containers(obj, e) : r;
}

static int get_state(const json_t *obj, struct control_event *ret, struct err *err)
{
	int r = get_word(obj, "machine", machine_names, ARRAY_SIZE(machine_names), err);

	if (r < 0)
		return r;
	ret->machine = (enum machine_source)r;
	r = fields_get(obj, state_fields, ARRAY_SIZE(state_fields), ret, err);
	if (r == 0)
		r = get_disk_errors(obj, ret, err);
	return r == 0 ? get_containers(obj, ret, err) : r;
}

static int put_trace(json_t *obj, const struct control_event *e)
{
	json_t *times = json_object();

	if (json_object_set_new(obj, "times_usec", times) < 0 ||
	    json_object_set_new(obj, "machine", json_string(machine_names[e->machine])) < 0)
		return -ENOMEM;
	return fields_put(times, times_fields, ARRAY_SIZE(times_fields), &e->times);
}

static int get_trace(const json_t *obj, struct control_event *ret, struct err *err)
{
	json_t *times;
	int r = get_word(obj, "machine", machine_names, ARRAY_SIZE(machine_names), err);

	if (r < 0)
		return r;
	ret->machine = (enum machine_source)r;
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

/* Leaves out "running": an exec that has ended does not run. */
static int put_exec_exited(json_t *obj, const struct control_event *e)
{
	return json_object_update_new(
		obj, json_pack("{s:s, s:i}", "target", e->exec.target, "code", e->exec.code));
}

static int get_exec_exited(const json_t *obj, struct control_event *ret, struct err *err)
{
	return fields_get(obj, exec_fields, ARRAY_SIZE(exec_fields), &ret->exec, err);
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
	[EVENT_STATE] = { "state", put_state, get_state },
	[EVENT_STARTED] = { "started", put_started, get_started },
	[EVENT_RESTORE_FAILED] = { "restore-failed", NULL, NULL },
	[EVENT_PAUSED] = { "paused", NULL, NULL },
	[EVENT_RESUMED] = { "resumed", NULL, NULL },
	[EVENT_OOM] = { "oom", NULL, NULL },
	[EVENT_DISK_FULL] = { "disk-full", NULL, NULL },
	[EVENT_DISK_FREE] = { "disk-free", NULL, NULL },
	[EVENT_DISK_ERRORS] = { "disk-errors", put_disk_errors, get_disk_errors },
	[EVENT_EXEC_EXITED] = { "exec-exited", put_exec_exited, get_exec_exited },
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
	const char *name;
	int r = json_get_str(obj, "event", &name, err);

	if (r < 0)
		return r;
	for (size_t i = 0; name && i < ARRAY_SIZE(kinds); i++) {
		if (streq(kinds[i].name, name)) {
			*ret = (enum control_event_type)i;
			return 0;
		}
	}
	return err_set(err, -EOPNOTSUPP, "the event is not known");
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
