/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/handle.h"

#include <errno.h>

#include "base/str.h"
#include "control/answer.h"
#include "shim/container/files.h"
#include "shim/control.h"
#include "shim/event.h"
#include "shim/machine/affinity.h"
#include "shim/shim.h"

/*
 * Handlers of requests that are answered at once return 0 or a negative errno with a message, and
 * the answer is sent for them.  LATER says that the connection was dealt with.
 */
#define LATER 1

/* The process a request is about.  Return: 0; -ESRCH with a message where it is over or never was.
 */
static int find(struct shim *s, const char *target, struct process **ret, struct err *err)
{
	struct process *p = s->stage == SHIM_OVER ? NULL : shim_find_target(s, target);

	if (!p && *target)
		return err_set(err, -ESRCH, "there is no process %s, or it is over", target);
	if (!p && s->decided && *s->exit.err.msg)
		return err_set(err, -ESRCH, "%s", s->exit.err.msg);
	if (!p)
		return err_set(err, -ESRCH, "the container's process is over");
	*ret = p;
	return 0;
}

static struct client_options client_options(const struct control_request *request)
{
	struct client_options o = { .framed = request->framed };

	memcpy(o.wants, request->wants, sizeof(o.wants));
	return o;
}

static int attach(struct process *p, const struct control_request *request, int *fd,
		  struct err *err)
{
	struct client_options options = client_options(request);
	int r = process_attach(p, *fd, &options);

	if (r == -EUSERS)
		return err_set(err, r, "no more clients can be attached to the process");
	if (r < 0)
		return err_errno(err, r, "attach");
	(void)take_fd(fd);
	return 0;
}

/* The log up to here, and what the client gets from now on, are all of the output. */
static void answer_attached(const struct shim *s, struct conn *conn)
{
	cleanup_free char *text = NULL;
	struct answer_log place;

	crilog_place(s->log, &place.number, &place.offset);
	text = answer_log_write(&place);
	control_answer_text(conn, text);
}

static int do_attach(struct shim *s, struct conn *conn, struct control_request *request, int *fd,
		     struct err *err)
{
	struct process *p;
	int r = find(s, request->target, &p, err);

	if (r < 0)
		return r;
	if (*fd < 0)
		return err_set(err, -EINVAL, "attach needs a descriptor");
	r = attach(p, request, fd, err);
	if (r < 0)
		return r;
	answer_attached(s, conn);
	return LATER;
}

static int do_start(struct shim *s, struct conn *conn, struct err *err)
{
	struct process *init;
	int r = find(s, "", &init, err);

	if (r < 0)
		return r;
	if (s->config->machine.files_only)
		return err_set(err, -EBUSY, "the machine is there for the container's files only");
	if (s->start_requested)
		return err_set(err, -EALREADY, "the container is started already");
	s->start_requested = true;
	control_wait(conn, init);
	shim_ready(s);
	return LATER;
}

static int check_exec(struct shim *s, const char *target, struct err *err)
{
	struct process *init;
	int r = find(s, "", &init, err);

	if (r < 0)
		return r;
	if (init->state != PROCESS_RUNNING)
		return err_set(err, -EBUSY, "the container does not run yet");
	if (s->paused)
		return err_set(err, -EBUSY, "the container is paused");
	if (shim_find_target(s, target) || history_has(&s->history, target))
		return err_set(err, -EEXIST, "there was an exec %s before", target);
	return 0;
}

static int do_exec(struct shim *s, struct conn *conn, struct control_request *request, int *fd,
		   struct err *err)
{
	struct process *p;
	int r = check_exec(s, request->target, err);

	if (r < 0)
		return r;
	if (request->wants[LINK_STDIN] && *fd >= 0)
		request->process->open_stdin = true;
	r = shim_add_process(s, request->target, request->process, &p);
	if (r < 0)
		return err_errno(err, r, "exec");
	request->process = NULL;
	if (*fd >= 0)
		r = attach(p, request, fd, err);
	if (r == 0) {
		r = process_spawn(p);
		if (r < 0)
			err_errno(err, r, "exec");
	}
	if (r < 0) {
		LIST_REMOVE(p, entry);
		process_free(p);
		return r;
	}
	control_wait(conn, p);
	return LATER;
}

static int do_signal(struct shim *s, struct control_request *request, struct err *err)
{
	struct process *p;
	int r = find(s, request->target, &p, err);

	if (r < 0)
		return r;
	r = process_signal(p, request->signal);
	if (r == -EBUSY)
		return err_set(err, r, "the process does not run yet");
	return r < 0 ? err_errno(err, r, "signal") : 0;
}

static int do_resize(struct shim *s, struct control_request *request, struct err *err)
{
	struct process *p;
	int r = find(s, request->target, &p, err);

	if (r < 0)
		return r;
	r = process_resize(p, request->rows, request->columns);
	if (r == -ENOTTY)
		return err_set(err, r, "the process has no terminal");
	return r < 0 ? err_errno(err, r, "resize") : 0;
}

static int do_shutdown(struct shim *s)
{
	shim_shutdown(s);
	return 0;
}

static int do_kill(struct shim *s)
{
	shim_hurry(s);
	if (s->stage == SHIM_UP || s->stage == SHIM_DRAINING)
		shim_end_machine(s, EXIT_KILLED, NULL);
	return 0;
}

static int do_keep(struct shim *s, struct err *err)
{
	if (s->stage != SHIM_UP || s->decided)
		return err_set(err, -ESRCH, "the container's process is over");
	s->config->machine.disposable = false;
	return 0;
}

static int do_cpus(struct shim *s, const struct control_request *request, struct err *err)
{
	if (s->stage != SHIM_UP || s->machine.pid <= 0)
		return err_set(err, -ESRCH, "the machine is gone");
	return affinity_set(s->machine.pid, request->cpuset, err);
}

static int do_query(struct shim *s, struct conn *conn, enum link_type type, char *const *settings,
		    struct err *err)
{
	cleanup_free char *last = NULL;
	struct process *init;
	int r = find(s, "", &init, err);

	if (r < 0)
		return r;
	if (init->state != PROCESS_RUNNING)
		return err_set(err, -EBUSY, "the container does not run yet");
	if (s->paused && type == LINK_STATS) {
		last = answer_stats_write(&s->queries.last_stats);
		control_answer_text(conn, last);
		return LATER;
	}
	if (s->paused)
		return err_set(err, -EBUSY, "the container is paused");
	r = query_ask(s, conn, type, settings);
	return r < 0 ? err_errno(err, r, "ask the guest") : LATER;
}

static int do_status(struct shim *s, struct conn *conn)
{
	cleanup_free char *text = event_state(s);

	control_answer_text(conn, text);
	return LATER;
}

static int do_watch(struct shim *s, struct conn *conn)
{
	cleanup_free char *text = event_state(s);
	cleanup_free char *end = s->told ? event_exited(s) : NULL;

	control_watch(conn, text, end);
	return LATER;
}

void handle_request(struct shim *s, struct conn *conn, struct control_request *request, int *fd)
{
	struct err err = { 0 };
	int r = 0;

	switch (request->op) {
	case CONTROL_ATTACH:
		r = do_attach(s, conn, request, fd, &err);
		break;
	case CONTROL_START:
		r = do_start(s, conn, &err);
		break;
	case CONTROL_EXEC:
		r = do_exec(s, conn, request, fd, &err);
		break;
	case CONTROL_FILES:
		r = files_request(s, conn, request, fd, &err);
		r = r == 0 ? LATER : r;
		break;
	case CONTROL_SIGNAL:
		r = do_signal(s, request, &err);
		break;
	case CONTROL_RESIZE:
		r = do_resize(s, request, &err);
		break;
	case CONTROL_SHUTDOWN:
		r = do_shutdown(s);
		break;
	case CONTROL_KILL:
		r = do_kill(s);
		break;
	case CONTROL_KEEP:
		r = do_keep(s, &err);
		break;
	case CONTROL_PAUSE:
		r = shim_pause(s, &err);
		break;
	case CONTROL_RESUME:
		r = shim_resume(s, &err);
		break;
	case CONTROL_STATS:
		r = do_query(s, conn, LINK_STATS, NULL, &err);
		break;
	case CONTROL_TOP:
		r = do_query(s, conn, LINK_PROCS, NULL, &err);
		break;
	case CONTROL_CPUS:
		r = do_cpus(s, request, &err);
		break;
	case CONTROL_LIMITS:
		r = do_query(s, conn, LINK_LIMITS, request->settings, &err);
		break;
	case CONTROL_STATUS:
		r = do_status(s, conn);
		break;
	case CONTROL_WATCH:
		r = do_watch(s, conn);
		break;
	}
	if (r != LATER)
		control_answer(conn, r < 0 ? &err : NULL);
}
