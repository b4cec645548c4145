/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The first thing that settles how the container ended is decided and
 * stays: its process's exit, a failure of moat's, or a request to end it.  Then the machine's
 * process ends, by itself or by our hand, and whatever the guest had sent before is read;
 * exit.json is written; those who wait are told; clients get the time to take their output.
 * Where the process is over and the guest needs long for its disks, or only says nothing more,
 * all but the machine's end comes first.  There is no other way out, so that every end is told,
 * and told only when it is true.
 */
#include "shim/container/ending.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "shim/container/files.h"
#include "shim/container/text.h"
#include "shim/event.h"
#include "shim/machine/bringup.h"

/* What a process that is gone has sent is there at once, and one that closed the link is about to
 * go. */
#define SETTLE_USEC USEC_PER_SEC

void ending_decide(struct shim *s, int code, bool oom, const struct err *err)
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
	bool keep = s->config && s->config->machine.files_only;
	bool lasting = !s->config || !s->config->machine.disposable;
	int r = keep ? 0 : exit_write(s->options->dir_fd, &s->exit, lasting);

	s->stage = SHIM_DRAINING;
	if (r < 0)
		log_error("%s: %s", EXIT_FILE, strerror(-r));
	s->times.ended = clock_mono_usec();
	answer_start(s);
	control_serve_waiting(s->control);
	shim_tell(s, event_exited(s));
	s->told = true;
}

static void end(struct shim *s)
{
	s->stage = SHIM_OVER;
	control_serve_waiting(s->control);
	loop_quit(s->loop, 0);
}

static bool clients_are_busy(const struct shim *s)
{
	const struct process *p;

	LIST_FOREACH (p, &s->processes, entry)
		if (process_busy(p))
			return true;
	return false;
}

void shim_lost(struct shim *s)
{
	files_check_idle(s);
	if (s->stage == SHIM_DRAINING && !s->machine.vm && (s->late || !clients_are_busy(s)))
		end(s);
}

/* Why a machine ended that nobody had ended. */
static void explain_end(const struct shim *s, struct err *ret)
{
	char tail[ERR_MSG_MAX / 2];
	int status = s->machine_status;

	engine_log_catch_up(s->engine_log);
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
		shim_exec_over(s, p, EXIT_KILLED);
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

/* The machine is gone, or nothing of what it may still say matters to who waits. */
void ending_drain(struct shim *s)
{
	struct process *p, *next;
	struct err err;

	disk_watch_end(s);
	if (!s->decided) {
		explain_end(s, &err);
		ending_decide(s, EXIT_KILLED, false, &err);
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

int ending_timer(struct source *source, void *arg)
{
	struct shim *s = arg;

	(void)source;
	switch (s->stage) {
	case SHIM_UP:
		machine_kill(&s->machine);
		break;
	case SHIM_LINK_LEFT:
		ending_drain(s);
		break;
	case SHIM_DRAINING:
		if (clients_are_busy(s))
			log_warning("a client did not take the last output in time, and is left "
				    "behind");
		s->late = true;
		if (!s->machine.vm || !guest_is_shutting_down(s->guest))
			end(s);
		break;
	case SHIM_OVER:
		break;
	}
	return 0;
}

void ending_unborn(struct shim *s, const struct err *err)
{
	machine_release(&s->machine);
	ending_decide(s, EXIT_NOT_STARTED, false, err);
	announce(s);
	end(s);
}

/* The machine is gone before it was ready: take another one. */
static void start_over(struct shim *s)
{
	struct err err;

	(void)source_set_timer(s->timer, UINT64_MAX);
	if (bringup_another(s, &err) == 0)
		return;
	ending_unborn(s, &err);
}

int shim_machine_ended(struct source *source, pid_t pid, int status, void *arg)
{
	struct shim *s = arg;

	(void)source, (void)pid;
	if (shim_try_another(s, NULL)) {
		start_over(s);
		return 0;
	}
	disk_watch_end(s);
	machine_release(&s->machine);
	s->machine_status = status;
	if (s->stage == SHIM_DRAINING) {
		shim_lost(s);
		return 0;
	}
	s->stage = SHIM_LINK_LEFT;
	if (guest_has_ended(s->guest) || source_set_timer(s->timer, SETTLE_USEC) < 0)
		ending_drain(s);
	return 0;
}

void shim_link_ended(struct shim *s)
{
	if (s->stage == SHIM_LINK_LEFT)
		ending_drain(s);
	else if (s->stage == SHIM_UP && source_set_timer(s->timer, SETTLE_USEC) < 0)
		machine_kill(&s->machine);
}

bool shim_tell_end(struct shim *s)
{
	if (s->stage != SHIM_UP || !s->decided || guest_has_ended(s->guest))
		return false;
	log_info("the guest takes long to make its disks clean, and its container is over already");
	ending_drain(s);
	return true;
}

void shim_end_machine(struct shim *s, int code, const struct err *err)
{
	ending_decide(s, code, false, err);
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
	if (s->config->machine.files_only && guest_is_ready(s->guest)) {
		ending_decide(s, 0, false, NULL);
		guest_shutdown(s->guest);
		return;
	}
	guest_kill(s->guest);
}
