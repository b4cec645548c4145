/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The parts of the shim report here what happens to processes, and what
 * follows from it for the whole is decided here; how a life ends is in ending.c.
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
#include "shim/container/ending.h"
#include "shim/container/files.h"
#include "shim/container/text.h"
#include "shim/event.h"
#include "shim/machine/bringup.h"

void shim_tell(struct shim *s, char *event)
{
	cleanup_free char *text = event;

	control_event(s->control, text);
}

struct process *shim_find_target(struct shim *s, const char *target)
{
	struct process *p;

	LIST_FOREACH (p, &s->processes, entry)
		if (p->state != PROCESS_OVER && streq(p->target, target))
			return p;
	return NULL;
}

struct process *shim_find_stream(struct shim *s, uint32_t stream)
{
	struct process *p;

	LIST_FOREACH (p, &s->processes, entry)
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

	if (s->config->machine.files_only)
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
		shim_tell(s, event_restore_failed());
	s->restore_failed = false;
}

void shim_started(struct shim *s, struct process *p)
{
	if (p == s->init) {
		s->exit.started_nsec = clock_now_nsec();
		s->times.started = clock_mono_usec();
		blame_template(s);
		shim_tell(s, event_started(s));
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
		ending_decide(s, exit_code_of_errno(-err->code), false, &clean);
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

void shim_exec_over(struct shim *s, struct process *p, int code)
{
	if (!process_is_files(p)) {
		history_add(&s->history, p->target, code);
		shim_tell(s, event_exec_exited(p->target, code));
	}
	process_over(p);
	files_check_idle(s);
}

void shim_exited(struct shim *s, struct process *p, int code, bool oom)
{
	if (p != s->init) {
		shim_exec_over(s, p, code);
		return;
	}
	s->times.exited = clock_mono_usec();
	ending_decide(s, code, oom, NULL);
	process_over(p);
	if (!s->config->machine.disposable) {
		guest_shutdown(s->guest);
		return;
	}
	/* All that counts is known, and nobody has to wait until the machine's memory is freed. */
	guest_forget(s->guest);
	machine_kill(&s->machine);
	ending_drain(s);
}

void shim_oom(struct shim *s)
{
	s->oom = true;
	shim_tell(s, event_oom());
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
	disk_watch_catch_up(s);
	if (r < 0)
		return r;
	s->paused = paused;
	if (!paused)
		(void)guest_tell_clock(s->guest); /* else it asks within half a minute */
	shim_tell(s, event_paused(s));
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
	engine_log_free(s->engine_log);
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
		r = loop_add_timer(s->loop, UINT64_MAX, ending_timer, s, &s->timer);
	if (r == 0)
		r = control_new(s, s->options->listen_fd, &s->control);
	if (r < 0)
		return r;
	if (bringup(s, &err) < 0) {
		ending_unborn(s, &err);
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
	s->machine = SHIM_MACHINE_NONE;
	s->log_start = file_size(s->options->dir_fd, SHIM_LOG_FILE);
	LIST_INIT(&s->processes);
	r = run(s);
	reset(s);
	free(s);
	return r;
}
