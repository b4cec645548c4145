/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An exec is made (checked and remembered), then started once: the client's
 * connection goes to the shim with the request.  The process can fail to start after the 101 was
 * sent; then, as docker does it, the reason goes into the connection and the code is 126 or 127.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "control/client.h"
#include "daemon/api/api.h"
#include "daemon/container/attach.h"
#include "daemon/container/transition.h"
#include "daemon/spec/config.h"

#define CODE_NOT_EXECUTABLE 126
#define CODE_NOT_FOUND	    127

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

static int make_process(struct daemon *d, const struct container *c, const json_t *body,
			json_t **ret, struct err *err)
{
	cleanup(texts_reset) struct texts texts = { 0 };
	cleanup_oci_runtime struct oci_runtime *rt = NULL;
	cleanup_oci_process struct oci_process *p = NULL;
	int r = state_texts(d->state, c->rec.id, &texts, err);

	if (r == 0)
		r = oci_runtime_parse(texts.spec, strlen(texts.spec), &rt, err);
	if (r == 0)
		r = config_process(body, rt->process, &p, err);
	if (r < 0)
		return r;
	*ret = oci_process_write(p);
	return *ret ? 0 : -ENOMEM;
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

static int create(struct request *rq, struct container *c, char ret_id[ID_LEN + 1], struct err *err)
{
	struct daemon *d = rq->daemon;
	struct exec *e = calloc(1, sizeof(*e));
	int r = e ? request_json(rq, &e->body, err) : -ENOMEM;

	if (r == 0 && !container_is_running(c))
		r = not_running(c, err);
	if (r == 0 && container_is_paused(c))
		r = paused(c, err);
	if (r == 0)
		r = read_body(e->body, e, err);
	if (r == 0)
		r = make_process(d, c, e->body, &e->process, err);
	if (r == 0)
		r = random_id(e->id);
	if (r < 0) {
		exec_free(e);
		return r;
	}
	e->bytes = rq->body.len;
	memcpy(ret_id, e->id, sizeof(e->id));
	pthread_mutex_lock(&d->containers.lock);
	container_add_exec(c, e);
	pthread_mutex_unlock(&d->containers.lock);
	return 0;
}

/* "exec_start: sh -c true", as docker has it */
static void publish(struct daemon *d, struct container *c, const char *what, const char *exec_id)
{
	cleanup(buf_reset) struct buf action = BUF_INIT;
	const struct exec *e;
	const json_t *word;
	size_t i;
	int r = buf_addf(&action, "%s:", what);

	pthread_mutex_lock(&d->containers.lock);
	e = container_exec(c, exec_id);
	json_array_foreach (e ? json_object_get(e->body, "Cmd") : NULL, i, word) {
		if (r == 0 && json_is_string(word))
			r = buf_addf(&action, " %s", json_string_value(word));
	}
	pthread_mutex_unlock(&d->containers.lock);
	container_publish(c, r == 0 ? action.data : what, json_pack("{s:s}", "execID", exec_id));
}

int api_exec_create(struct request *rq, struct reply *rp, struct err *err)
{
	struct daemon *d = rq->daemon;
	char id[ID_LEN + 1];
	struct container *c;
	int r = containers_find(&d->containers, rq->target, &c, err);

	if (r < 0)
		return r;
	r = create(rq, c, id, err);
	if (r == 0)
		publish(d, c, "exec_create", id);
	container_unref(c);
	return r < 0 ? r : reply_json(rp, 201, json_pack("{s:s}", "Id", id));
}

/* An exec on its way to the shim. */
struct starting {
	struct daemon *d;
	struct container *c; /* a reference */
	char id[ID_LEN + 1];
	json_t *request;
	bool framed;
};

static void starting_free(struct starting *s)
{
	json_decref(s->request);
	container_unref(s->c);
	free(s);
}

static void set_failed(struct starting *s, int code)
{
	struct exec *e;

	pthread_mutex_lock(&s->d->containers.lock);
	e = container_exec(s->c, s->id);
	if (e) {
		e->running = false;
		e->code =
			code == -ENOENT || code == -ENOTDIR ? CODE_NOT_FOUND : CODE_NOT_EXECUTABLE;
	}
	pthread_mutex_unlock(&s->d->containers.lock);
}

/* Who wants to change the size of its terminal waits for this. */
static void set_launched(struct starting *s)
{
	struct exec *e;

	pthread_mutex_lock(&s->d->containers.lock);
	e = container_exec(s->c, s->id);
	if (e)
		e->launched = true;
	pthread_mutex_unlock(&s->d->containers.lock);
	hub_wake(s->d->hub);
}

static int run(struct starting *s, int fd, struct err *err)
{
	struct shim_call call = {
		.containers_fd = s->d->containers.dir_fd,
		.id = s->c->rec.id,
		.request = take_ptr(s->request),
		.send_fd = fd,
		.timeout_msec = SHIM_EXEC_TIMEOUT_MSEC,
	};
	int r;

	publish(s->d, s->c, "exec_start", s->id);
	r = shim_request(&call, NULL, err);
	if (r < 0)
		set_failed(s, r);
	set_launched(s);
	return r;
}

static void take(void *arg, int fd, const void *early, size_t len)
{
	struct starting *s = arg;
	cleanup_close int client = attach_early(fd, early, len);
	struct err err = { 0 };

	if (client < 0) {
		set_failed(s, client);
		set_launched(s);
	} else if (run(s, client, &err) < 0) {
		attach_error(client, s->framed, err.msg);
	}
	starting_free(s);
}

static void drop(void *arg)
{
	struct starting *s = arg;

	set_failed(s, -ECANCELED);
	set_launched(s);
	starting_free(s);
}

/* Under the table's lock: it can be started once, while the container runs. */
static int claim(const struct container *c, struct exec *e, struct err *err)
{
	if (!e)
		return err_set(err, -ENOENT, "No such exec instance");
	if (c->rec.state != CONTAINER_RUNNING)
		return not_running(c, err);
	if (c->paused)
		return paused(c, err);
	if (e->started)
		return err_set(err, -EBUSY, "Error: Exec command %s has already run", e->id);
	e->started = e->running = true;
	return 0;
}

static int prepare(struct request *rq, bool detach, struct starting **ret, struct err *err)
{
	struct daemon *d = rq->daemon;
	struct starting *s = calloc(1, sizeof(*s));
	struct exec *e;
	int r;

	if (!s)
		return -ENOMEM;
	s->d = d;
	r = containers_find_exec(&d->containers, rq->target, &s->c, err);
	if (r < 0) {
		free(s);
		return r;
	}
	pthread_mutex_lock(&d->containers.lock);
	e = container_exec(s->c, rq->target);
	r = claim(s->c, e, err);
	if (r == 0) {
		memcpy(s->id, e->id, sizeof(e->id));
		s->framed = !e->tty;
		s->request =
			json_pack("{s:s, s:s, s:o, s:b, s:b, s:b, s:b}", "op", "exec", "target",
				  e->id, "process", take_ptr(e->process), "stdin",
				  e->open_stdin && !detach, "stdout", e->attach_stdout && !detach,
				  "stderr", e->attach_stderr && !detach, "framed", s->framed);
		if (!s->request)
			r = -ENOMEM;
	}
	pthread_mutex_unlock(&d->containers.lock);
	if (r < 0) {
		starting_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* The console's size may come with the request. */
static void set_size(struct starting *s, const json_t *body)
{
	const json_t *size = json_object_get(body, "ConsoleSize");
	json_t *process = json_object_get(s->request, "process");

	if (s->framed || json_array_size(size) != 2)
		return;
	json_object_set_new(process, "consoleSize",
			    json_pack("{s:O, s:O}", "height", json_array_get(size, 0), "width",
				      json_array_get(size, 1)));
}

static int start_detached(struct starting *s, struct reply *rp, struct err *err)
{
	int r = run(s, -1, err);

	starting_free(s);
	if (r < 0)
		return r == -ENOENT || r == -EACCES ? -EINVAL : r;
	return reply_empty(rp, 200);
}

int api_exec_start(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct hijack hijack = { take, drop };
	cleanup_json json_t *body = NULL;
	bool detach = false;
	struct starting *s = NULL;
	const char *type;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = json_get_bool(body, "Detach", &detach, err);
	if (r == 0)
		r = prepare(rq, detach, &s, err);
	if (r < 0)
		return r;
	set_size(s, body);
	if (detach)
		return start_detached(s, rp, err);
	type = rq->api_minor < 42 || !s->framed ? TYPE_RAW_STREAM : TYPE_MULTIPLEXED_STREAM;
	return reply_hijack(rq, rp, type, &hijack, s);
}

/*
 * A client asks for the code as soon as its connection ends, and the event of that may still be
 * on its way to us: what an exec that seems to run is really doing, its shim knows.
 */
static void refresh(struct daemon *d, struct container *c, const char *id)
{
	cleanup_json json_t *status = NULL;
	json_t *item;
	size_t i;

	if (shim_ask(d->containers.dir_fd, c->rec.id, "status", SHIM_TIMEOUT_MSEC, &status, NULL) <
	    0)
		return;
	pthread_mutex_lock(&d->containers.lock);
	json_array_foreach (json_object_get(status, "execs"), i, item) {
		const char *target = json_string_value(json_object_get(item, "target"));
		struct exec *e = container_exec(c, id);

		if (!e || !target || !streq(target, id) ||
		    json_is_true(json_object_get(item, "running")))
			continue;
		e->running = false;
		e->code = (int)json_integer_value(json_object_get(item, "code"));
	}
	pthread_mutex_unlock(&d->containers.lock);
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
	return json_pack("{s:s, s:b, s:o, s:o, s:b, s:b, s:b, s:b, s:s, s:s, s:i}", "ID", e->id,
			 "Running", e->running, "ExitCode",
			 e->running || !e->started ? json_null() : json_integer(e->code),
			 "ProcessConfig", config, "OpenStdin", e->open_stdin, "OpenStderr",
			 e->attach_stderr, "OpenStdout", e->attach_stdout, "CanRemove", !e->running,
			 "ContainerID", c->rec.id, "DetachKeys", "", "Pid", 0);
}

int api_exec_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	struct daemon *d = rq->daemon;
	json_t *answer = NULL;
	struct container *c;
	struct exec *e;
	bool running;
	int r = containers_find_exec(&d->containers, rq->target, &c, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&d->containers.lock);
	e = container_exec(c, rq->target);
	running = e && e->running;
	pthread_mutex_unlock(&d->containers.lock);
	if (running)
		refresh(d, c, rq->target);
	pthread_mutex_lock(&d->containers.lock);
	e = container_exec(c, rq->target);
	if (e)
		answer = describe(c, e);
	pthread_mutex_unlock(&d->containers.lock);
	container_unref(c);
	return reply_json(rp, 200, answer);
}
