/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/fields.h"
#include "base/str.h"
#include "control/event-inner.h"

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

static const char *const state_names[] = {
	[STATE_CREATED] = "created",
	[STATE_RUNNING] = "running",
	[STATE_EXITED] = "exited",
};

static const char *const machine_names[] = {
	[MACHINE_SPARE] = "spare",
	[MACHINE_FORKED] = "forked",
	[MACHINE_RESTORED] = "restored",
	[MACHINE_BOOTED] = "booted",
};

static int get_word(const json_t *obj, const char *key, const char *const *words, size_t n,
		    struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);
	const char *const *word = r < 0 ? NULL : str_find(words, n, sizeof(*words), text);

	if (r < 0)
		return r;
	return word ? (int)(word - words)
		    : err_set(err, -EBADMSG, "\"%s\" is missing or not known", key);
}

int event_put_machine(json_t *obj, const struct control_event *e)
{
	return json_object_set_new(obj, "machine", json_string(machine_names[e->machine])) < 0
		       ? -ENOMEM
		       : 0;
}

int event_get_machine(const json_t *obj, struct control_event *ret, struct err *err)
{
	int r = get_word(obj, "machine", machine_names, ARRAY_SIZE(machine_names), err);

	if (r < 0)
		return r;
	ret->machine = (enum machine_source)r;
	return 0;
}

static int event_put_exec(json_t *obj, const struct control_exec *e)
{
	return fields_put(obj, exec_fields, ARRAY_SIZE(exec_fields), e);
}

int event_get_exec(const json_t *obj, struct control_exec *ret, struct err *err)
{
	return fields_get(obj, exec_fields, ARRAY_SIZE(exec_fields), ret, err);
}

static int put_execs(json_t *obj, const struct control_container *e)
{
	json_t *list = json_array();

	if (json_object_set_new(obj, "execs", list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < e->n_execs; i++) {
		json_t *item = json_object();

		if (json_array_append_new(list, item) < 0 || event_put_exec(item, &e->execs[i]) < 0)
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
		r = event_get_exec(item, &ret->execs[i], err);
		if (r < 0)
			return r;
	}
	ret->n_execs = i;
	return 0;
}

int event_put_disk_errors(json_t *obj, const struct control_event *e)
{
	json_t *errors;

	if (e->disk_errors.count == 0)
		return 0;
	errors = json_object();
	if (json_object_set_new(obj, "disk_errors", errors) < 0)
		return -ENOMEM;
	return fields_put(errors, disk_fields, ARRAY_SIZE(disk_fields), &e->disk_errors);
}

int event_get_disk_errors(const json_t *obj, struct control_event *ret, struct err *err)
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

int event_put_state(json_t *obj, const struct control_event *e)
{
	int r = json_object_set_new(obj, "ok", json_true());

	if (r == 0)
		r = event_put_machine(obj, e);
	if (r == 0)
		r = fields_put(obj, state_fields, ARRAY_SIZE(state_fields), e);
	if (r == 0)
		r = event_put_disk_errors(obj, e);
	return r == 0 ? put_containers(obj, e) : r;
}

int event_get_state(const json_t *obj, struct control_event *ret, struct err *err)
{
	int r = event_get_machine(obj, ret, err);

	if (r == 0)
		r = fields_get(obj, state_fields, ARRAY_SIZE(state_fields), ret, err);
	if (r == 0)
		r = event_get_disk_errors(obj, ret, err);
	return r == 0 ? get_containers(obj, ret, err) : r;
}
