/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An exec that was made is claimed by the one request that starts it, then
 * launched: the shim has it, or has refused it.  The client's connection goes to the shim with the
 * request, so the output does not pass through here.
 *
 * The client may have been told 101 before the process fails to start.  Then, as docker does it,
 * the reason goes into the connection, and the exit code is 126 or 127.
 */
#include "daemon/container/exec-start.h"

#include "daemon/container/exec.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mutex.h"
#include "base/str.h"
#include "control/client.h"
#include "daemon/container/attach.h"
#include "daemon/container/resize.h"
#include "daemon/container/table.h"

#define LAUNCH_MSEC 10000

/* An exec on its way to the shim. */
struct exec_start {
	struct container *c; /* a reference */
	char id[ID_LEN + 1];
	struct control_request request; /* the request to the shim; its process is owned */
	bool framed;
	char *detach_keys; /* of @request; owned */
};

static void start_free(struct exec_start *s)
{
	control_request_reset(&s->request);
	free(s->detach_keys);
	container_unref(s->c);
	free(s);
}

static void set_failed(struct exec_start *s, int code)
{
	struct exec *e;

	mutex_hold(&s->c->table->lock);
	e = container_exec(s->c, s->id);
	if (e) {
		e->running = false;
		e->code =
			code == -ENOENT || code == -ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	}
}

/* Wakes requests that wait to change the size of the exec's terminal. */
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

static int launch_exec(struct exec_start *s, int fd, struct err *err)
{
	struct shim_call call = {
		.request = s->request,
		.fd = fd,
		.timeout_msec = SHIM_EXEC_TIMEOUT_MSEC,
	};
	int r;

	exec_publish(s->c, "exec_start", s->id);
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
	} else if (launch_exec(s, client, &err) < 0) {
		attach_error(client, s->framed, err.msg);
	}
	start_free(s);
}

int exec_run_detached(struct exec_start *s, struct err *err)
{
	int r = launch_exec(s, -1, err);

	start_free(s);
	return r < 0 && exit_code_of_errno(-r) != EXIT_NOT_STARTED ? -EINVAL : r;
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

/* Marks an exec as started, which it can be once, while the container runs.  Under the table's
 * lock. */
static int claim_exec(const struct container *c, struct exec *e, struct err *err)
{
	int r;

	if (!e)
		return err_set(err, -ENOENT, "No such exec instance");
	r = exec_allowed(c, err);
	if (r == 0 && e->started)
		r = err_set(err, -EBUSY, "Error: Exec command %s has already run", e->id);
	if (r == 0)
		e->started = e->running = true;
	return r;
}

/* Makes the request to the shim.  Under the table's lock. */
static void make_request(struct exec_start *s, struct exec *e, bool detach)
{
	s->detach_keys = take_ptr(e->detach_keys);
	s->request = (struct control_request){
		.op = CONTROL_EXEC,
		.wants = { [LINK_STDIN] = e->open_stdin && !detach,
			   [LINK_STDOUT] = e->attach_stdout && !detach,
			   [LINK_STDERR] = e->attach_stderr && !detach },
		.framed = s->framed,
		.detach_keys = s->detach_keys,
		.process = take_ptr(e->process),
	};
	memcpy(s->request.target, e->id, sizeof(e->id));
}

/* @size: [rows, columns]; anything else counts as no size */
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
		return err_nomem(err);
	r = read_size(o->size, &size, err);
	if (r == 0)
		r = containers_find_exec(t, id, &s->c, err);
	if (r < 0) {
		free(s);
		return r;
	}
	pthread_mutex_lock(&t->lock);
	e = container_exec(s->c, id);
	r = claim_exec(s->c, e, err);
	if (r == 0) {
		memcpy(s->id, e->id, sizeof(e->id));
		s->framed = !o->tty;
		make_request(s, e, o->detach);
	}
	pthread_mutex_unlock(&t->lock);
	if (r < 0) {
		start_free(s);
		return r;
	}
	if (s->request.process->terminal && size.rows > 0) {
		s->request.process->rows = (uint16_t)size.rows;
		s->request.process->cols = (uint16_t)size.columns;
	}
	*ret = s;
	return 0;
}

/* Has the shim taken or refused the exec?  Under the table's lock. */
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
