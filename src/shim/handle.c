/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/handle.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "control/answer.h"
#include "shim/container/ending.h"
#include "shim/container/files.h"
#include "shim/container/process-io.h"
#include "shim/event.h"
#include "shim/machine/steer.h"
#include "shim/pause.h"
#include "shim/shim.h"

/*
 * Handlers return 0 or a negative errno with a message, which is then sent as the answer; or LATER,
 * where they answer themselves.
 */
#define LATER 1

/* One request. */
struct call {
	struct shim *shim;
	struct container *c; /* NULL where the request is about the machine */
	struct conn *conn;
	struct control_request *rq;
	int *fds; /* CONTROL_FDS_MAX of them */
	struct err err;
};

/* The process a request is about.  Return: 0; -ESRCH with a message where it is over or never was.
 */
static int find_process(struct call *call, const char *target, struct process **ret)
{
	struct container *c = call->c;
	struct process *p = container_find(c, target);

	if (!p && *target)
		return err_set(&call->err, -ESRCH, "there is no process %s, or it is over", target);
	if (!p && *c->exit.err.msg)
		return err_set(&call->err, -ESRCH, "%s", c->exit.err.msg);
	if (!p)
		return err_set(&call->err, -ESRCH, "the container's process is over");
	*ret = p;
	return 0;
}

/* Refuses what needs a process that runs. */
static int check_running(struct call *call)
{
	struct process *init = NULL;
	int r = find_process(call, "", &init);

	if (r < 0)
		return r;
	if (init->state != PROCESS_RUNNING || call->c->state != CONTAINER_READY)
		return err_set(&call->err, -EBUSY, "the container does not run yet");
	return 0;
}

static int check_not_paused(struct call *call)
{
	return call->shim->life->paused ? err_set(&call->err, -EBUSY, "the container is paused")
					: 0;
}

static int attach_client(struct call *call, struct process *p)
{
	struct client_options options = { .framed = call->rq->framed,
					  .keeps_input = call->rq->keeps_input };
	int r = 0;

	memcpy(options.wants, call->rq->wants, sizeof(options.wants));
	if (p->spec->terminal)
		r = detach_keys_parse(call->rq->detach_keys, &options.keys, &call->err);
	if (r < 0)
		return r;
	r = process_attach(p, call->fds[0], &options);
	if (r == -EUSERS)
		return err_set(&call->err, r, "no more clients can be attached to the process");
	if (r < 0)
		return err_errno(&call->err, r, "attach");
	(void)take_fd(&call->fds[0]);
	return 0;
}

/* Answers with the place where the log ends: the log up to there and what the client gets from now
 * on are all of the output. */
static void answer_attached(struct call *call)
{
	cleanup_free char *text = NULL;
	struct answer_log place = { 0 };

	if (call->c->log)
		crilog_place(call->c->log, &place.number, &place.offset);
	text = answer_log_write(&place);
	server_answer_text(call->conn, text);
}

static int do_attach(struct call *call)
{
	struct process *p;
	int r = find_process(call, call->rq->target, &p);

	if (r < 0)
		return r;
	if (call->fds[0] < 0)
		return err_set(&call->err, -EINVAL, "attach needs a descriptor");
	r = attach_client(call, p);
	if (r < 0)
		return r;
	answer_attached(call);
	return LATER;
}

static int do_add(struct call *call)
{
	return containers_add(&call->shim->containers, call->rq, call->fds, &call->err);
}

static int do_remove(struct call *call)
{
	int r = container_remove(call->c, call->conn, &call->err);

	return r == 0 ? LATER : r;
}

static int do_start(struct call *call)
{
	int r;

	call->shim->patient = false; /* the shim may end when this start fails */
	r = container_start(call->c, call->conn, &call->err);
	return r == 0 ? LATER : r;
}

static int check_exec(struct call *call)
{
	const char *target = call->rq->target;
	int r = check_running(call);

	if (r == 0)
		r = check_not_paused(call);
	if (r < 0)
		return r;
	if (container_find(call->c, target) || history_has(&call->c->history, target))
		return err_set(&call->err, -EEXIST, "there was an exec %s before", target);
	return 0;
}

static int do_exec(struct call *call)
{
	struct control_request *rq = call->rq;
	struct process *p;
	int r = check_exec(call);

	if (r < 0)
		return r;
	if (rq->wants[LINK_STDIN] && call->fds[0] >= 0)
		rq->process->open_stdin = true;
	r = container_add_process(call->c, rq->target, rq->process, &p);
	if (r < 0)
		return err_errno(&call->err, r, "exec");
	rq->process = NULL;
	if (call->fds[0] >= 0)
		r = attach_client(call, p);
	if (r == 0) {
		r = process_spawn(p);
		if (r < 0)
			err_errno(&call->err, r, "exec");
	}
	if (r < 0) {
		container_drop_process(p);
		return r;
	}
	process_answer_to(p, call->conn);
	return LATER;
}

static int do_files(struct call *call)
{
	int r = 0;

	if (call->shim->life->paused) {
		r = pause_wake(call->shim, &call->err);
		call->rq->files.flags &=
			~(uint32_t)LINK_FILES_FREEZE; /* its end would thaw the container */
	}
	if (r == 0)
		r = files_request(call->c, call->conn, call->rq, call->fds, &call->err);
	return r == 0 ? LATER : r;
}

static int do_listen(struct call *call)
{
	return sockets_listen(call->c, call->rq, &call->fds[0], &call->err);
}

static int do_connect(struct call *call)
{
	int r = check_running(call);

	return r == 0 ? sockets_answer(call->c, call->rq, &call->fds[0], &call->err) : r;
}

static int do_signal(struct call *call)
{
	struct process *p;
	int r = find_process(call, call->rq->target, &p);

	if (r < 0)
		return r;
	r = process_signal(p, call->rq->signal);
	if (r == -EBUSY)
		return err_set(&call->err, r, "the process does not run yet");
	return r < 0 ? err_errno(&call->err, r, "signal") : 0;
}

static int do_resize(struct call *call)
{
	struct process *p;
	int r = find_process(call, call->rq->target, &p);

	if (r < 0)
		return r;
	r = process_resize(p, call->rq->rows, call->rq->columns);
	if (r == -ENOTTY)
		return err_set(&call->err, r, "the process has no terminal");
	return r < 0 ? err_errno(&call->err, r, "resize") : 0;
}

static int ask_guest(struct call *call, enum link_type type)
{
	int r = query_ask(call->c, call->conn, type, call->rq->settings);

	return r < 0 ? err_errno(&call->err, r, "ask the guest") : LATER;
}

static int do_stats(struct call *call)
{
	cleanup_free char *last = NULL;
	int r = check_running(call);

	if (r < 0)
		return r;
	if (!call->shim->life->paused)
		return ask_guest(call, LINK_STATS);
	last = query_stats_text(call->c);
	server_answer_text(call->conn, last);
	return LATER;
}

static int ask_running(struct call *call, enum link_type type)
{
	int r = check_running(call);

	if (r == 0)
		r = check_not_paused(call);
	return r == 0 ? ask_guest(call, type) : r;
}

static int do_top(struct call *call)
{
	return ask_running(call, LINK_PROCS);
}

static int do_limits(struct call *call)
{
	return ask_running(call, LINK_LIMITS);
}

static int do_network(struct call *call)
{
	int r = check_running(call);

	if (r == 0)
		r = check_not_paused(call);
	if (r == 0)
		r = network_change(call->c, call->conn, call->rq, &call->err);
	return r == 0 ? LATER : r;
}

static int do_hold(struct call *call)
{
	server_hold(call->conn);
	return LATER;
}

static int do_rest(struct call *call)
{
	cleanup_free char *text = NULL;
	int r = shim_rest(call->shim, &call->err);

	if (r < 0)
		return r;
	text = event_state(call->shim);
	server_answer_text(call->conn, text);
	return LATER;
}

static int do_shutdown(struct call *call)
{
	shim_shutdown(call->shim);
	return 0;
}

static int do_kill(struct call *call)
{
	shim_kill(call->shim);
	return 0;
}

static int do_pause(struct call *call)
{
	int r = pause_begin(call->shim, call->conn, &call->err);

	return r == 0 ? LATER : r;
}

static int do_resume(struct call *call)
{
	return pause_end(call->shim, &call->err);
}

static int do_cpus(struct call *call)
{
	return life_set_cpus(call->shim->life, call->rq->cpuset, &call->err);
}

static int do_memory(struct call *call)
{
	return life_set_memory(call->shim->life, call->rq->bytes, &call->err);
}

static int do_tap(struct call *call)
{
	const char *name = call->shim->life->spec.tap;
	cleanup_free char *text = NULL;

	if (!*name)
		return err_set(&call->err, -ENODEV, "the machine's NIC hangs on no tap");
	text = answer_tap_write(name);
	server_answer_fd(call->conn, text, call->shim->options->supply.tap_fd);
	return LATER;
}

static int do_status(struct call *call)
{
	cleanup_free char *text = event_state(call->shim);

	server_answer_text(call->conn, text);
	return LATER;
}

static int do_watch(struct call *call)
{
	shim_watch(call->shim, call->conn);
	return LATER;
}

static int (*const handlers[])(struct call *call) = {
	[CONTROL_HOLD] = do_hold,	  [CONTROL_REST] = do_rest,
	[CONTROL_SHUTDOWN] = do_shutdown, [CONTROL_KILL] = do_kill,
	[CONTROL_PAUSE] = do_pause,	  [CONTROL_RESUME] = do_resume,
	[CONTROL_CPUS] = do_cpus,	  [CONTROL_STATUS] = do_status,
	[CONTROL_WATCH] = do_watch,	  [CONTROL_ADD] = do_add,
	[CONTROL_REMOVE] = do_remove,	  [CONTROL_ATTACH] = do_attach,
	[CONTROL_START] = do_start,	  [CONTROL_EXEC] = do_exec,
	[CONTROL_FILES] = do_files,	  [CONTROL_SIGNAL] = do_signal,
	[CONTROL_RESIZE] = do_resize,	  [CONTROL_STATS] = do_stats,
	[CONTROL_TOP] = do_top,		  [CONTROL_LIMITS] = do_limits,
	[CONTROL_NETWORK] = do_network,	  [CONTROL_TAP] = do_tap,
	[CONTROL_LISTEN] = do_listen,	  [CONTROL_CONNECT] = do_connect,
	[CONTROL_MEMORY] = do_memory,
};

static int find_container(struct call *call)
{
	const char *name = call->rq->container;

	if (!*name || call->rq->op == CONTROL_ADD)
		return 0;
	call->c = containers_find(&call->shim->containers, name);
	return call->c ? 0 : err_set(&call->err, -ESRCH, "the machine has no container %s", name);
}

void handle_request(void *arg, struct conn *conn, struct control_request *request, int *fds)
{
	struct call call = { .shim = arg, .conn = conn, .rq = request, .fds = fds };
	int r = find_container(&call);

	if (r == 0)
		r = handlers[request->op](&call);
	if (r != LATER)
		server_answer(conn, r < 0 ? &call.err : NULL);
}
