/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An exec is made here: what is to run is checked, and remembered under an
 * id.  exec-start.c has it run.  What is known of an exec comes from the shim's events, and of one
 * that seems to run, at the moment somebody asks, from the shim itself.
 *
 * What is to run comes from a client, so there is a bound on what is remembered.
 */
#include "daemon/container/exec.h"

#include <errno.h>
#include <stdlib.h>

#include "base/detach.h"
#include "base/json-object.h"
#include "base/mutex.h"
#include "base/str.h"
#include "control/client.h"
#include "daemon/container/stored.h"
#include "daemon/container/transition.h"
#include "daemon/spec/runtime.h"

void exec_free(struct exec *e)
{
	if (!e)
		return;
	json_decref(e->body);
	free(e->detach_keys);
	oci_process_free(e->process);
	free(e);
}

struct exec *container_exec(const struct container *c, const char *id)
{
	for (struct exec *e = c->execs; e; e = e->next)
		if (streq(e->id, id))
			return e;
	return NULL;
}

void container_add_exec(struct container *c, struct exec *e)
{
	size_t n[2] = { 0 }, bytes = 0;

	e->next = c->execs;
	c->execs = e;
	for (struct exec **p = &c->execs; *p;) {
		struct exec *old = *p;

		bytes += old->bytes;
		if (old == e || old->running ||
		    (++n[old->started] < EXECS_MAX && bytes <= EXECS_MAX_BYTES)) {
			p = &old->next;
			continue;
		}
		*p = old->next;
		exec_free(old);
	}
}

json_t *container_exec_ids(const struct container *c)
{
	json_t *list = NULL;

	mutex_hold(&c->table->lock);
	for (const struct exec *e = c->execs; e; e = e->next) {
		if (!e->running)
			continue;
		if (!list)
			list = json_array();
		json_array_append_new(list, json_string(e->id));
	}
	return list;
}

/* docker takes members' names in any case, and docker-py writes this one in another. */
static int read_detach_keys(const json_t *body, char **ret, struct err *err)
{
	bool other = json_object_get(body, "detachKeys");
	struct detach_keys keys;
	const char *text;
	int r = json_get_str(body, other ? "detachKeys" : "DetachKeys", &text, err);

	if (r == 0)
		r = detach_keys_parse(text, &keys, err);
	if (r < 0 || !text)
		return r;
	*ret = strdup(text);
	return *ret ? 0 : err_nomem(err);
}

static int read_body(const json_t *body, struct exec *e, struct err *err)
{
	int r = read_detach_keys(body, &e->detach_keys, err);

	if (r == 0)
		r = json_get_bool(body, "Tty", &e->tty, err);

	if (r == 0)
		r = json_get_bool(body, "AttachStdin", &e->open_stdin, err);
	if (r == 0)
		r = json_get_bool(body, "AttachStdout", &e->attach_stdout, err);
	if (r == 0)
		r = json_get_bool(body, "AttachStderr", &e->attach_stderr, err);
	return r;
}

int container_process(const struct container *c, const json_t *body, struct oci_process **ret,
		      struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	int r = stored_read(c->table->state, c->rec.id, &stored, err);

	return r == 0 ? config_process(body, stored.rt->process, ret, err) : r;
}

int exec_allowed(const struct container *c, struct err *err)
{
	if (!container_is(c, STATES_RUNNING))
		return err_set(err, -EBUSY, "container %s is not running", c->rec.id);
	if (container_is(c, STATE(PAUSED)))
		return err_set(err, -EBUSY,
			       "container %s is paused, unpause the container before exec",
			       c->rec.id);
	return 0;
}

void exec_publish(struct container *c, const char *what, const char *exec_id)
{
	cleanup(buf_reset) struct buf action = BUF_INIT;
	const struct exec *e;
	const json_t *word;
	size_t i;
	int r = buf_addf(&action, "%s:", what);

	pthread_mutex_lock(&c->table->lock);
	e = container_exec(c, exec_id);
	json_array_foreach (e ? json_object_get(e->body, "Cmd") : NULL, i, word) {
		if (r == 0 && json_is_string(word))
			r = buf_addf(&action, " %s", json_string_value(word));
	}
	pthread_mutex_unlock(&c->table->lock);
	container_publish(c, r == 0 ? action.data : what, json_pack("{s:s}", "execID", exec_id));
}

static int fill_exec(const struct container *c, struct exec *e, struct err *err)
{
	int r;

	pthread_mutex_lock(&c->table->lock);
	r = exec_allowed(c, err);
	pthread_mutex_unlock(&c->table->lock);
	if (r < 0)
		return r;
	r = read_body(e->body, e, err);
	if (r == 0)
		r = container_process(c, e->body, &e->process, err);
	if (r < 0)
		return r;
	r = random_id(e->id);
	return r < 0 ? err_errno(err, r, "an exec's id") : 0;
}

int exec_create(struct container *c, json_t *body, size_t bytes, char ret_id[ID_LEN + 1],
		struct err *err)
{
	struct exec *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return err_nomem(err);
	e->body = json_incref(body);
	e->bytes = bytes;
	r = fill_exec(c, e, err);
	if (r < 0) {
		exec_free(e);
		return r;
	}
	memcpy(ret_id, e->id, sizeof(e->id));
	pthread_mutex_lock(&c->table->lock);
	container_add_exec(c, e);
	pthread_mutex_unlock(&c->table->lock);
	exec_publish(c, "exec_create", ret_id);
	return 0;
}

/* Asks the shim about an exec that seems to run.  A client asks for the exit code as soon as its
 * connection ends, and the shim's event of that may not have come here yet. */
static void refresh_exec(struct container *c, const char *id)
{
	cleanup(control_event_reset) struct control_event now = { 0 };
	const struct control_container *told;
	struct exec *e;

	if (shim_status(container_shim(c), SHIM_TIMEOUT_MSEC, &now, NULL) < 0)
		return;
	mutex_hold(&c->table->lock);
	e = container_exec(c, id);
	told = control_event_container(&now, c->rec.id);
	for (size_t i = 0; e && told && i < told->n_execs; i++) {
		if (told->execs[i].running || !streq(told->execs[i].target, id))
			continue;
		e->running = false;
		e->code = told->execs[i].code;
	}
}

static json_t *describe_exec(const struct container *c, const struct exec *e)
{
	json_t *cmd = json_object_get(e->body, "Cmd"), *config;
	const char *entrypoint = json_string_value(json_array_get(cmd, 0));

	config = json_pack("{s:b, s:s, s:o, s:O?}", "tty", e->tty, "entrypoint",
			   entrypoint ? entrypoint : "", "arguments", json_array(), "env",
			   json_object_get(e->body, "Env"));
	for (size_t i = 1; i < json_array_size(cmd); i++)
		json_array_append(json_object_get(config, "arguments"), json_array_get(cmd, i));
	return JSON_OBJECT(
		member_text("ID", e->id), member_bool("Running", e->running),
		member_json("ExitCode",
			    e->running || !e->started ? json_null() : json_integer(e->code)),
		member_json("ProcessConfig", config), member_bool("OpenStdin", e->open_stdin),
		member_bool("OpenStderr", e->attach_stderr),
		member_bool("OpenStdout", e->attach_stdout), member_bool("CanRemove", !e->running),
		member_text("ContainerID", c->rec.id), member_text("DetachKeys", ""),
		member_int("Pid", 0));
}

json_t *exec_describe(struct container *c, const char *id)
{
	json_t *answer = NULL;
	struct exec *e;
	bool running;

	pthread_mutex_lock(&c->table->lock);
	e = container_exec(c, id);
	running = e && e->running;
	pthread_mutex_unlock(&c->table->lock);
	if (running)
		refresh_exec(c, id);
	pthread_mutex_lock(&c->table->lock);
	e = container_exec(c, id);
	if (e)
		answer = describe_exec(c, e);
	pthread_mutex_unlock(&c->table->lock);
	return answer;
}
