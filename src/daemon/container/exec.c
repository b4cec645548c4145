/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An exec goes from made (checked and remembered) to claimed (by the one
 * request that starts it), launched (the shim has it, or has refused it) and ended.  The client's
 * connection goes to the shim with the request, so its output does not pass through here.  The
 * process can fail to start after the client was told 101; then, as docker does it, the reason goes
 * into the connection and the code is 126 or 127.
 *
 * What is to be run comes from a client, and how it ended from the shim; neither is trusted with
 * more than the container.
 */
#include "daemon/container/exec.h"
#include "base/json-object.h"
#include "daemon/container/resize.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "control/client.h"
#include "daemon/container/attach.h"
#include "daemon/container/transition.h"
#include "daemon/spec/config.h"

#define LAUNCH_MSEC 10000

void exec_free(struct exec *e)
{
	if (!e)
		return;
	json_decref(e->body);
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

	pthread_mutex_lock(&c->table->lock);
	for (const struct exec *e = c->execs; e; e = e->next) {
		if (!e->running)
			continue;
		if (!list)
			list = json_array();
		json_array_append_new(list, json_string(e->id));
	}
	pthread_mutex_unlock(&c->table->lock);
	return list;
}

static int read_body(const json_t *body, struct exec *e, struct err *err)
{
	int r = json_get_bool(body, "Tty", &e->tty, err);

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
	cleanup(texts_reset) struct texts texts = { 0 };
	cleanup_oci_runtime struct oci_runtime *rt = NULL;
	int r = state_texts(c->table->state, c->rec.id, &texts, err);

	if (r == 0)
		r = oci_runtime_parse(texts.spec, strlen(texts.spec), &rt, err);
	return r == 0 ? config_process(body, rt->process, ret, err) : r;
}

static int not_running(const struct container *c, struct err *err)
{
	return err_set(err, -EBUSY, "container %s is not running", c->rec.id);
}

static int paused(const struct container *c, struct err *err)
{
	return err_set(err, -EBUSY, "container %s is paused, unpause the container before exec",
		       c->rec.id);
}

/* "exec_start: sh -c true", as docker has it */
static void publish(struct container *c, const char *what, const char *exec_id)
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

static int fill(const struct container *c, struct exec *e, struct err *err)
{
	int r;

	if (!container_is_running(c))
		return not_running(c, err);
	if (container_is_paused(c))
		return paused(c, err);
	r = read_body(e->body, e, err);
	if (r == 0)
		r = container_process(c, e->body, &e->process, err);
	return r == 0 ? random_id(e->id) : r;
}

int exec_create(struct container *c, json_t *body, size_t bytes, char ret_id[ID_LEN + 1],
		struct err *err)
{
	struct exec *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	e->body = json_incref(body);
	e->bytes = bytes;
	r = fill(c, e, err);
	if (r < 0) {
		exec_free(e);
		return r;
	}
	memcpy(ret_id, e->id, sizeof(e->id));
	pthread_mutex_lock(&c->table->lock);
	container_add_exec(c, e);
	pthread_mutex_unlock(&c->table->lock);
	publish(c, "exec_create", ret_id);
	return 0;
}

/* An exec on its way to the shim. */
struct exec_start {
	struct container *c; /* a reference */
	char id[ID_LEN + 1];
	struct control_request request; /* its process is owned */
	bool framed;
};

static void start_free(struct exec_start *s)
{
	control_request_reset(&s->request);
	container_unref(s->c);
	free(s);
}

static void set_failed(struct exec_start *s, int code)
{
	struct exec *e;

	pthread_mutex_lock(&s->c->table->lock);
	e = container_exec(s->c, s->id);
	if (e) {
		e->running = false;
		e->code =
			code == -ENOENT || code == -ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	}
	pthread_mutex_unlock(&s->c->table->lock);
}

/* Who wants to change the size of its terminal waits for this. */
static void set_launched(struct exec_start *s)
{
	struct exec *e;

	pthread_mutex_lock(&s->c->table->lock);
	e = container_exec(s->c, s->id);
	if (e)
		e->launched = true;
	pthread_mutex_unlock(&s->c->table->lock);
	hub_wake(s->c->table->hub);
}

static int run(struct exec_start *s, int fd, struct err *err)
{
	struct shim_call call = {
		.request = s->request,
		.fd = fd,
		.timeout_msec = SHIM_EXEC_TIMEOUT_MSEC,
	};
	int r;

	publish(s->c, "exec_start", s->id);
	r = shim_call(container_shim(s->c), &call, NULL, err);
	if (r < 0)
		set_failed(s, r);
	set_launched(s);
	return r;
}

void exec_run(struct exec_start *s, int fd, const void *early, size_t len)
{
	cleanup_close int client = attach_early(fd, early, len);
	struct err err = { 0 };

	if (client < 0) {
		set_failed(s, client);
		set_launched(s);
	} else if (run(s, client, &err) < 0) {
		attach_error(client, s->framed, err.msg);
	}
	start_free(s);
}

int exec_run_detached(struct exec_start *s, struct err *err)
{
	int r = run(s, -1, err);

	start_free(s);
	return r == -ENOENT || r == -EACCES ? -EINVAL : r;
}

void exec_cancel(struct exec_start *s)
{
	set_failed(s, -ECANCELED);
	set_launched(s);
	start_free(s);
}

bool exec_is_framed(const struct exec_start *s)
{
	return s->framed;
}

/* Under the table's lock: it can be started once, while the container runs. */
static int claim(const struct container *c, struct exec *e, struct err *err)
{
	if (!e)
		return err_set(err, -ENOENT, "No such exec instance");
	if (!container_is(c, STATES_RUNNING))
		return not_running(c, err);
	if (container_is(c, STATE(PAUSED)))
		return paused(c, err);
	if (e->started)
		return err_set(err, -EBUSY, "Error: Exec command %s has already run", e->id);
	e->started = e->running = true;
	return 0;
}

/* Under the table's lock. */
static void make_request(struct exec_start *s, struct exec *e, bool detach)
{
	s->request = (struct control_request){
		.op = CONTROL_EXEC,
		.wants = { [LINK_STDIN] = e->open_stdin && !detach,
			   [LINK_STDOUT] = e->attach_stdout && !detach,
			   [LINK_STDERR] = e->attach_stderr && !detach },
		.framed = !e->tty,
		.process = take_ptr(e->process),
	};
	memcpy(s->request.target, e->id, sizeof(e->id));
}

/* @size: [rows, columns]; something else is no size */
static int read_size(const json_t *size, struct terminal_size *ret, struct err *err)
{
	json_int_t rows = json_integer_value(json_array_get(size, 0));
	json_int_t columns = json_integer_value(json_array_get(size, 1));

	if (rows < 0 || rows > UINT16_MAX || columns < 0 || columns > UINT16_MAX)
		return err_set(err, -EINVAL, "\"ConsoleSize\" must be two numbers up to 65535");
	*ret = (struct terminal_size){ (uint32_t)rows, (uint32_t)columns };
	return 0;
}

int exec_claim(struct containers *t, const char *id, const struct exec_options *o,
	       struct exec_start **ret, struct err *err)
{
	struct exec_start *s = calloc(1, sizeof(*s));
	struct terminal_size size = { 0 };
	struct exec *e;
	int r;

	if (!s)
		return -ENOMEM;
	r = read_size(o->size, &size, err);
	if (r == 0)
		r = containers_find_exec(t, id, &s->c, err);
	if (r < 0) {
		free(s);
		return r;
	}
	pthread_mutex_lock(&t->lock);
	e = container_exec(s->c, id);
	r = claim(s->c, e, err);
	if (r == 0) {
		memcpy(s->id, e->id, sizeof(e->id));
		s->framed = !e->tty;
		make_request(s, e, o->detach);
	}
	pthread_mutex_unlock(&t->lock);
	if (r < 0) {
		start_free(s);
		return r;
	}
	if (!s->framed && size.rows > 0) {
		s->request.process->rows = (uint16_t)size.rows;
		s->request.process->cols = (uint16_t)size.columns;
	}
	*ret = s;
	return 0;
}

/*
 * A client asks for the code as soon as its connection ends, and the event of that may still be
 * on its way to us: what an exec that seems to run is really doing, its shim knows.
 */
static void refresh(struct container *c, const char *id)
{
	cleanup(control_event_reset) struct control_event now = { 0 };
	struct exec *e;

	if (shim_status(container_shim(c), SHIM_TIMEOUT_MSEC, &now, NULL) < 0)
		return;
	pthread_mutex_lock(&c->table->lock);
	e = container_exec(c, id);
	for (size_t i = 0; e && i < now.n_execs; i++) {
		if (now.execs[i].running || !streq(now.execs[i].target, id))
			continue;
		e->running = false;
		e->code = now.execs[i].code;
	}
	pthread_mutex_unlock(&c->table->lock);
}

static json_t *describe(const struct container *c, const struct exec *e)
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
		refresh(c, id);
	pthread_mutex_lock(&c->table->lock);
	e = container_exec(c, id);
	if (e)
		answer = describe(c, e);
	pthread_mutex_unlock(&c->table->lock);
	return answer;
}

/* Under the table's lock. */
static bool is_launched(const struct container *c, const void *arg)
{
	const struct exec *e = container_exec(c, arg);

	return !e || !e->started || e->launched;
}

int exec_await_launch(struct container *c, const char *id, int client_fd)
{
	int r = container_wait(c, is_launched, id, LAUNCH_MSEC, client_fd);

	return r == -ETIMEDOUT ? 0 : r;
}
