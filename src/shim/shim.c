/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The first thing that settles how the container ended is decide()d and
 * stays: its process's exit, a failure of moat's, or a request to end it.  Then the machine's
 * process ends, by itself or by our hand, and whatever the guest had sent before is read;
 * exit.json is written; those who wait are told; clients get the time to take their output.
 * There is no other way out, so that every end is told, and told only when it is true.
 */
#include "shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shim/bringup.h"
#include "shim/event.h"
#include "shim/files.h"
#include "shim/text.h"

/* What a process that is gone has sent is there at once, and one that closed the link is about to
 * go. */
#define SETTLE_USEC USEC_PER_SEC

static void decide(struct shim *s, int code, bool oom, const struct err *err)
{
	if (s->decided)
		return;
	s->decided = true;
	s->exit.code = code;
	s->exit.oom = oom || s->oom;
	s->exit.finished_nsec = clock_now_nsec();
	if (!err)
		return;
	s->exit.err = *err;
	text_clean(s->exit.err.msg);
	log_error("%s", s->exit.err.msg);
}

static void tell(struct shim *s, char *event)
{
	cleanup_free char *text = event;

	control_event(s->control, text);
}

struct process *shim_find_target(struct shim *s, const char *target)
{
	struct process *p;

	LIST_FOREACH(p, &s->processes, entry)
	if (p->state != PROCESS_OVER && streq(p->target, target))
		return p;
	return NULL;
}

struct process *shim_find_stream(struct shim *s, uint32_t stream)
{
	struct process *p;

	LIST_FOREACH(p, &s->processes, entry)
	if (p->stream == stream)
		return p;
	return NULL;
}

int shim_add_process(struct shim *s, const char *target, struct oci_process *spec,
		     struct process **ret)
{
	struct process *p;
	int r;

	if (s->last_stream == UINT32_MAX)
		return -ENOSPC;
	r = process_new(s, target, spec, &p);
	if (r < 0)
		return r;
	p->stream = ++s->last_stream;
	LIST_INSERT_HEAD(&s->processes, p, entry);
	*ret = p;
	return 0;
}

bool shim_try_another(struct shim *s, const struct err *err)
{
	if (s->source == MACHINE_BOOTED || s->decided || guest_was_ready(s->guest))
		return false;
	if (err)
		log_warning("the machine: %s", err->msg);
	machine_kill(&s->machine);
	return true;
}

void shim_ready(struct shim *s)
{
	struct err err;
	int r;

	if (s->config->files_only)
		files_ready(s);
	if (!s->start_requested || !guest_is_ready(s->guest) || s->init->state != PROCESS_WAITING)
		return;
	r = process_spawn(s->init);
	if (r == 0)
		return;
	err_errno(&err, r, "start the container's process");
	shim_end_machine(s, EXIT_NOT_STARTED, &err);
}

/*
 * It was no good, if the same container is ready now in a machine that was booted: what a container
 * has on its disk can keep any machine from that.
 */
static void blame_template(struct shim *s)
{
	if (s->restore_failed && s->source == MACHINE_BOOTED)
		tell(s, event_restore_failed());
	s->restore_failed = false;
}

void shim_started(struct shim *s, struct process *p)
{
	if (p == s->init) {
		s->exit.started_nsec = clock_now_nsec();
		s->times.started = clock_mono_usec();
		blame_template(s);
		tell(s, event_started(s));
	}
	if (p->waiter)
		control_answer(p->waiter, NULL);
}

void shim_failed(struct shim *s, struct process *p, const struct err *err)
{
	struct err clean = *err;

	text_clean(clean.msg);
	if (p == s->init) {
		/* Who waits for the start is told when all of it is over, and can be tried again.
		 */
		blame_template(s);
		decide(s, exit_code_of_errno(-err->code), false, &clean);
		process_over(p);
		guest_shutdown(s->guest);
		return;
	}
	if (p->waiter)
		control_answer(p->waiter, &clean);
	link_close(guest_link(s->guest), p->stream);
	LIST_REMOVE(p, entry);
	process_free(p);
	files_check_idle(s);
}

static void drain(struct shim *s);

static void exec_over(struct shim *s, struct process *p, int code)
{
	if (!process_is_files(p)) {
		history_add(&s->history, p->target, code);
		tell(s, event_exec_exited(p->target, code));
	}
	process_over(p);
	files_check_idle(s);
}

void shim_exited(struct shim *s, struct process *p, int code, bool oom)
{
	if (p != s->init) {
		exec_over(s, p, code);
		return;
	}
	s->times.exited = clock_mono_usec();
	decide(s, code, oom, NULL);
	process_over(p);
	if (!s->config->disposable) {
		guest_shutdown(s->guest);
		return;
	}
	/* All that counts is known, and nobody has to wait until the machine's memory is freed. */
	guest_forget(s->guest);
	machine_kill(&s->machine);
	drain(s);
}

void shim_oom(struct shim *s)
{
	s->oom = true;
	tell(s, event_oom());
}

static void answer_start(struct shim *s)
{
	struct err err = s->exit.err;

	if (!s->init || !s->init->waiter)
		return;
	if (!*err.msg)
		err_set(&err, -ECANCELED, "the container was ended before its process ran");
	control_answer(s->init->waiter, &err);
}

/* From here on the container can be started again, whatever its clients do. */
static void announce(struct shim *s)
{
	/* It says how the container's process ended, and here that is long ago. */
	bool keep = s->config && s->config->files_only;
	bool lasting = !s->config || !s->config->disposable;
	int r = keep ? 0 : exit_write(s->options->dir_fd, &s->exit, lasting);

	s->stage = SHIM_DRAINING;
	if (r < 0)
		log_error("%s: %s", EXIT_FILE, strerror(-r));
	s->times.ended = clock_mono_usec();
	answer_start(s);
	control_serve_waiting(s->control);
	tell(s, event_exited(s));
	s->told = true;
}

static void end(struct shim *s)
{
	s->stage = SHIM_OVER;
	control_serve_waiting(s->control);
	loop_quit(s->loop, 0);
}

void shim_lost(struct shim *s)
{
	const struct process *p;

	files_check_idle(s);
	if (s->stage != SHIM_DRAINING || s->machine.vm)
		return;
	LIST_FOREACH(p, &s->processes, entry)
	if (process_busy(p))
		return;
	end(s);
}

/* Why a machine ended that nobody had ended. */
static void explain_end(const struct shim *s, struct err *ret)
{
	char tail[ERR_MSG_MAX / 2];
	int status = s->machine_status;

	text_tail(s->options->dir_fd, SHIM_LOG_FILE, s->log_start, tail, sizeof(tail));
	err_set(ret, -EIO, "the virtual machine ended unexpectedly (%s %d): %s",
		WIFSIGNALED(status) ? "signal" : "exit status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		*tail ? tail : "see `moat logs --boot`");
}

static void abandon(struct shim *s, struct process *p)
{
	struct err err;

	if (p->state == PROCESS_OVER)
		return;
	if (p != s->init && p->state == PROCESS_RUNNING) {
		exec_over(s, p, EXIT_KILLED);
		return;
	}
	if (p != s->init && p->waiter) {
		err_set(&err, -ESRCH, "the container ended");
		if (process_is_files(p) && *s->exit.err.msg)
			err = s->exit.err;
		control_answer(p->waiter, &err);
	}
	process_over(p);
}

static uint64_t drain_usec(const struct shim *s)
{
	return s->hasty ? s->options->hasty_drain_usec : s->options->drain_usec;
}

/* The machine is gone, and all it had to say is read. */
static void drain(struct shim *s)
{
	struct process *p, *next;
	struct err err;

	if (!s->decided) {
		explain_end(s, &err);
		decide(s, EXIT_KILLED, false, &err);
	}
	for (p = LIST_FIRST(&s->processes); p; p = next) {
		next = LIST_NEXT(p, entry);
		abandon(s, p);
	}
	announce(s);
	if (source_set_timer(s->timer, drain_usec(s)) < 0)
		end(s);
	else
		shim_lost(s);
}

static int on_timer(struct source *source, void *arg)
{
	struct shim *s = arg;

	(void)source;
	switch (s->stage) {
	case SHIM_UP:
		machine_kill(&s->machine);
		break;
	case SHIM_LINK_LEFT:
		drain(s);
		break;
	case SHIM_DRAINING:
		log_warning("a client did not take the last output in time, and is left behind");
		end(s);
		break;
	case SHIM_OVER:
		break;
	}
	return 0;
}

/* The machine is gone before it was ready: take another one. */
static void start_over(struct shim *s)
{
	struct err err;

	(void)source_set_timer(s->timer, UINT64_MAX);
	if (bringup_another(s, &err) == 0)
		return;
	machine_release(&s->machine);
	decide(s, EXIT_NOT_STARTED, false, &err);
	announce(s);
	end(s);
}

int shim_machine_ended(struct source *source, pid_t pid, int status, void *arg)
{
	struct shim *s = arg;

	(void)source, (void)pid;
	if (shim_try_another(s, NULL)) {
		start_over(s);
		return 0;
	}
	machine_release(&s->machine);
	s->machine_status = status;
	if (s->stage == SHIM_DRAINING) {
		shim_lost(s);
		return 0;
	}
	s->stage = SHIM_LINK_LEFT;
	if (guest_has_ended(s->guest) || source_set_timer(s->timer, SETTLE_USEC) < 0)
		drain(s);
	return 0;
}

void shim_link_ended(struct shim *s)
{
	if (s->stage == SHIM_LINK_LEFT)
		drain(s);
	else if (s->stage == SHIM_UP && source_set_timer(s->timer, SETTLE_USEC) < 0)
		machine_kill(&s->machine);
}

void shim_end_machine(struct shim *s, int code, const struct err *err)
{
	decide(s, code, false, err);
	machine_kill(&s->machine);
}

void shim_hurry(struct shim *s)
{
	s->hasty = true;
	if (s->stage == SHIM_DRAINING)
		(void)source_set_timer(s->timer, drain_usec(s));
}

void shim_shutdown(struct shim *s)
{
	struct err err;

	shim_hurry(s);
	if (s->stage != SHIM_UP || s->decided)
		return;
	if (s->paused && s->machine.engine->resume(s->machine.vm, &err) < 0) {
		log_warning("the paused machine cannot go on, and is ended: %s", err.msg);
		shim_end_machine(s, EXIT_KILLED, NULL);
		return;
	}
	s->paused = false;
	if (s->config->files_only && guest_is_ready(s->guest)) {
		decide(s, 0, false, NULL);
		guest_shutdown(s->guest);
		return;
	}
	guest_kill(s->guest);
}

static int set_paused(struct shim *s, bool paused, struct err *err)
{
	const struct engine *engine = s->machine.engine;
	int r;

	if (s->stage != SHIM_UP || s->decided || !s->exit.started_nsec)
		return err_set(err, -EBUSY, "the container does not run");
	if (s->paused == paused)
		return err_set(err, -EALREADY, "the container is %s",
			       paused ? "paused already" : "not paused");
	r = paused ? engine->pause(s->machine.vm, err) : engine->resume(s->machine.vm, err);
	if (r < 0)
		return r;
	s->paused = paused;
	if (!paused)
		(void)guest_tell_clock(s->guest); /* else it asks within half a minute */
	tell(s, event_paused(s));
	return 0;
}

int shim_pause(struct shim *s, struct err *err)
{
	return set_paused(s, true, err);
}

int shim_resume(struct shim *s, struct err *err)
{
	return set_paused(s, false, err);
}

static void reset(struct shim *s)
{
	struct process *p;

	control_free(s->control);
	while ((p = LIST_FIRST(&s->processes))) {
		LIST_REMOVE(p, entry);
		process_free(p);
	}
	guest_free(s->guest);
	machine_release(&s->machine);
	console_free(s->console);
	crilog_free(s->log);
	config_free(s->config);
	loop_free(s->loop);
}

static off_t file_size(int dir_fd, const char *name)
{
	struct stat sb;

	return fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : sb.st_size;
}

static int run(struct shim *s)
{
	struct err err;
	int r = loop_new(&s->loop);

	if (r == 0)
		r = loop_add_timer(s->loop, UINT64_MAX, on_timer, s, &s->timer);
	if (r == 0)
		r = control_new(s, s->options->listen_fd, &s->control);
	if (r < 0)
		return r;
	if (bringup(s, &err) < 0) {
		machine_release(&s->machine);
		decide(s, EXIT_NOT_STARTED, false, &err);
		announce(s);
		end(s);
		return 0;
	}
	files_check_idle(s);
	return loop_run(s->loop);
}

int shim_run(const struct shim_options *options)
{
	struct shim *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->options = options;
	s->times.begun = clock_mono_usec();
	s->machine.link_fd = s->machine.console_fd = -1;
	s->log_start = file_size(s->options->dir_fd, SHIM_LOG_FILE);
	LIST_INIT(&s->processes);
	r = run(s);
	reset(s);
	free(s);
	return r;
}
