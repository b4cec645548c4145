/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A machine comes up when it is given its first container: restored from a
 * template, or booted; what is quickest first, and what always works last.  One that rested goes
 * on. One that cannot be had, or ends before a container was ready in it, is followed by one of the
 * next kind, with the same containers' disks.
 *
 * The end begins with what settles why: somebody asks for it, the guest does what it must not, a
 * deadline passes, or the process is just gone.  Then the process ends, by itself or by our hand,
 * whatever it had sent before is read, and the owner is told.  There is no other way out.
 */
#include "shim/machine/life.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/str.h"
#include "control/names.h"
#include "shim/machine/affinity.h"
#include "shim/machine/console.h"
#include "shim/machine/disk-watch.h"
#include "shim/machine/engine-log.h"
#include "shim/text.h"

/* What a process that is gone has sent is there at once, and one that closed the link is about to
 * go. */
#define SETTLE_USEC USEC_PER_SEC

struct life {
	struct life_options o;
	struct machine_spec spec;
	struct slot slots[MACHINE_SLOTS];
	bool unfilled[MACHINE_SLOTS]; /* the disks come when the guest is up */
	enum life_state state;
	enum machine_source source;
	struct shim_machine machine;
	struct guest *guest;
	struct console *console;
	struct engine_log *engine_log;
	struct disk_watch disks;
	struct source *child, *settle; /* of the process, and what follows its end */
	struct source *deadline;       /* of the guest, while it boots or cleans its disks */
	uint64_t engine_usec;
	off_t log_start; /* where in shim.log this life began */
	bool worked, restore_failed, paused, closing;
	bool settled; /* @code and @why say how it ended, or is to end */
	int code;
	struct err why; /* no text: the end was asked for */
	int status;	/* of the process, as waitpid(2) gave it */
};

static int on_child(struct source *source, pid_t pid, int status, void *arg);

static void settle(struct life *l, int code, const struct err *why)
{
	if (l->settled)
		return;
	l->settled = true;
	l->code = code;
	if (!why)
		return;
	l->why = *why;
	text_clean(l->why.msg);
	log_error("%s", l->why.msg);
}

/* One that does not come to be good, though another one may: end it, and the rest follows then. */
static bool try_another(struct life *l, const struct err *why)
{
	if (l->settled || l->worked || l->source == MACHINE_BOOTED || l->state != LIFE_UP)
		return false;
	if (why)
		log_warning("the machine: %s", why->msg);
	guest_forget(l->guest);
	machine_kill(&l->machine);
	return true;
}

void life_fail(struct life *l, int code, const struct err *why)
{
	if (why && try_another(l, why))
		return;
	settle(l, code, why);
	machine_kill(&l->machine);
}

void life_kill(struct life *l)
{
	life_fail(l, EXIT_KILLED, NULL);
}

static void on_hello(void *arg);

static void on_guest_down(void *arg)
{
	life_kill(arg);
}

static void on_guest_failed(void *arg, const struct err *err)
{
	life_fail(arg, EXIT_KILLED, err);
}

static void leave(struct life *l);

static void on_guest_ended(void *arg)
{
	struct life *l = arg;

	if (l->state == LIFE_LEAVING)
		leave(l);
	else if (l->state == LIFE_UP && source_set_timer(l->settle, SETTLE_USEC) < 0)
		machine_kill(&l->machine);
}

static int greet(struct life *l)
{
	int r = guest_greet(l->guest);

	return r < 0 ? r : source_set_timer(l->deadline, UINT64_MAX);
}

/* Places that were taken while the guest was on its way. */
static void fill_late(struct life *l)
{
	for (unsigned i = 0; i < MACHINE_SLOTS; i++) {
		struct err err;

		if (!l->unfilled[i])
			continue;
		l->unfilled[i] = false;
		if (machine_fill(&l->machine, &l->spec, l->slots, i, &err) < 0)
			life_fail(l, EXIT_NOT_STARTED, &err);
	}
}

static void on_hello(void *arg)
{
	struct life *l = arg;
	struct err err;
	int r = greet(l);

	if (r < 0) {
		err_errno(&err, r, "guest link");
		life_fail(l, EXIT_NOT_STARTED, &err);
		return;
	}
	fill_late(l);
	l->o.handler->ready(l->o.arg);
}

/* With a machine whose process is there. */
static int bring_to_life(struct life *l, struct err *err)
{
	static const struct guest_machine_handler handler = { on_hello, on_guest_down,
							      on_guest_failed, on_guest_ended };
	const struct guest_handlers to = { &handler, l, l->o.containers, l->o.containers_arg };
	int r = guest_new(l->o.loop, l->machine.link_fd, &to, &l->guest);

	l->engine_usec = clock_mono_usec();
	if (r < 0)
		return err_errno(err, r, "guest link");
	l->machine.link_fd = -1;
	r = console_new(l->o.loop, l->o.dir_fd, CONSOLE_FILE, l->machine.console_fd, &l->console);
	if (r < 0)
		return err_errno(err, r, CONSOLE_FILE);
	l->machine.console_fd = -1;
	r = engine_log_new(l->o.loop, l->machine.log_fd, &l->engine_log);
	if (r < 0)
		return err_errno(err, r, SHIM_LOG_FILE);
	l->machine.log_fd = -1;
	r = disk_watch_begin(&l->disks, &l->machine);
	if (r < 0)
		return err_errno(err, r, "control of the engine");
	r = loop_add_child(l->o.loop, l->machine.pid, on_child, l, &l->child);
	if (r < 0)
		return err_errno(err, r, "watch the virtual machine");
	if (l->machine.restored)
		r = greet(l);
	else
		r = source_set_timer(l->deadline, l->o.deadlines->boot_usec);
	return r < 0 ? err_errno(err, r, "guest link") : 0;
}

static void give_up_machine(struct life *l)
{
	guest_free(take_ptr(l->guest));
	source_free(take_ptr(l->child));
	disk_watch_end(&l->disks);
	machine_release(&l->machine);
	console_free(take_ptr(l->console));
	engine_log_free(take_ptr(l->engine_log));
	l->restore_failed |= l->source == MACHINE_RESTORED;
	l->state = LIFE_NONE;
	for (unsigned i = 0; i < MACHINE_SLOTS; i++)
		l->unfilled[i] = false;
}

static int try_from(struct life *l, enum machine_source source, struct err *err)
{
	const struct machine_template *from = source == MACHINE_RESTORED ? l->o.from : NULL;
	int r;

	if (source == MACHINE_RESTORED && !from)
		return -ENOENT;
	l->source = source;
	r = machine_start(&l->spec, l->slots, from, &l->machine, err);
	if (r < 0)
		return r;
	if (!l->machine.restored)
		l->source = MACHINE_BOOTED;
	l->state = LIFE_UP;
	return bring_to_life(l, err);
}

static int bring_up(struct life *l, enum machine_source source, struct err *err)
{
	static const char *const names[] = {
		[MACHINE_RESTORED] = "the machine cannot be restored",
		[MACHINE_BOOTED] = "the machine cannot be booted",
	};
	int r = -ENOENT;

	for (; source <= MACHINE_BOOTED; source++) {
		r = try_from(l, source, err);
		/* Another machine would find the writable layer in use as well. */
		if (r == 0 || r == -EBUSY)
			return r;
		if (source == MACHINE_RESTORED && !l->o.from)
			continue;
		log_warning("%s: %s", names[source], err->msg);
		give_up_machine(l);
	}
	return r;
}

/* It stands as it was left: MACHINE brings it the time. */
static int wake(struct life *l, unsigned slot, struct err *err)
{
	int r;

	l->source = MACHINE_SPARE;
	l->worked = false;
	r = machine_fill(&l->machine, &l->spec, l->slots, slot, err);
	if (r == 0) {
		l->machine.resting = false;
		l->engine_usec = clock_mono_usec();
		r = greet(l);
		if (r < 0)
			err_errno(err, r, "guest link");
	}
	if (r == 0 || r == -EBUSY)
		return r;
	log_warning("the machine that rested cannot be used: %s", err->msg);
	give_up_machine(l);
	return bring_up(l, MACHINE_RESTORED, err);
}

static int fill(struct life *l, unsigned slot, struct err *err)
{
	if (l->state == LIFE_NONE)
		return bring_up(l, MACHINE_RESTORED, err);
	if (l->machine.resting)
		return wake(l, slot, err);
	if (guest_is_up(l->guest))
		return machine_fill(&l->machine, &l->spec, l->slots, slot, err);
	l->unfilled[slot] = true;
	return 0;
}

int life_take(struct life *l, const struct slot *what, struct err *err)
{
	unsigned slot = 0;
	int r;

	if (l->state > LIFE_UP || l->settled || l->closing)
		return err_set(err, -ESHUTDOWN, "the machine is ending");
	while (slot < MACHINE_SLOTS && l->slots[slot].used)
		slot++;
	if (slot == MACHINE_SLOTS)
		return err_set(err, -ENOSPC, "the machine has no place for another container");
	l->slots[slot] = *what;
	l->slots[slot].used = true;
	r = fill(l, slot, err);
	if (r == 0)
		return (int)slot;
	l->slots[slot] = (struct slot){ 0 };
	return r;
}

void life_give_back(struct life *l, unsigned slot)
{
	struct err err;

	l->slots[slot] = (struct slot){ 0 };
	if (l->state != LIFE_UP || l->unfilled[slot] || l->closing || l->settled)
		return;
	if (machine_empty(&l->machine, &l->spec, slot, &err) < 0)
		life_fail(l, EXIT_KILLED, &err);
}

enum life_state life_state(const struct life *l)
{
	return l->state;
}

bool life_takes_containers(const struct life *l)
{
	return l->state == LIFE_UP && guest_is_up(l->guest) && !l->machine.resting;
}

struct guest *life_guest(const struct life *l)
{
	return l->guest;
}

void life_worked(struct life *l)
{
	l->worked = true;
}

bool life_is_settled(const struct life *l)
{
	return l->worked && !l->machine.resting;
}

bool life_restore_failed(struct life *l)
{
	bool failed = l->restore_failed && l->source == MACHINE_BOOTED;

	l->restore_failed = false;
	return failed;
}

pid_t life_pid(const struct life *l)
{
	return l->machine.pid;
}

enum machine_source life_source(const struct life *l)
{
	return l->source;
}

uint64_t life_engine_usec(const struct life *l)
{
	return l->engine_usec;
}

uint64_t life_layer_bytes(const struct life *l)
{
	return l->spec.disk_bytes;
}

bool life_is_paused(const struct life *l)
{
	return l->paused;
}

bool life_is_resting(const struct life *l)
{
	return l->machine.resting;
}

bool life_is_closing(const struct life *l)
{
	return l->closing || l->settled || l->state > LIFE_UP;
}

const struct disk_errors *life_disk_errors(const struct life *l)
{
	return &l->disks.now;
}

void life_tell_disk_errors(struct life *l)
{
	disk_watch_flush(&l->disks);
}

int life_pause(struct life *l, struct err *err)
{
	int r;

	if (l->paused)
		return err_set(err, -EALREADY, "the container is paused already");
	r = l->machine.engine->pause(l->machine.vm, err);
	disk_watch_catch_up(&l->disks);
	l->paused = r == 0;
	return r;
}

int life_resume(struct life *l, struct err *err)
{
	int r;

	if (!l->paused)
		return err_set(err, -EALREADY, "the container is not paused");
	r = l->machine.engine->resume(l->machine.vm, err);
	disk_watch_catch_up(&l->disks);
	l->paused = r < 0;
	return r;
}

int life_rest(struct life *l, struct err *err)
{
	int r;

	if (l->machine.resting)
		return err_set(err, -EALREADY, "the machine rests already");
	if (!life_takes_containers(l) || l->closing || l->settled || l->paused)
		return err_set(err, -EBUSY, "the machine is not up");
	r = l->machine.engine->pause(l->machine.vm, err);
	l->machine.resting = r == 0;
	return r;
}

int life_set_cpus(struct life *l, const char *cpuset, struct err *err)
{
	if (l->state != LIFE_UP)
		return err_set(err, -ESRCH, "the machine is gone");
	return affinity_set(l->machine.pid, cpuset, err);
}

void life_close(struct life *l, uint64_t usec)
{
	struct err err;
	int r = 0;

	l->closing = true;
	if (l->state == LIFE_NONE) {
		l->state = LIFE_ENDED;
		return;
	}
	if (l->state != LIFE_UP)
		return;
	if (l->machine.resting || (l->paused && life_resume(l, &err) < 0)) {
		life_kill(l);
		return;
	}
	if (guest_is_up(l->guest))
		r = guest_shutdown(l->guest);
	else if (!guest_is_closing(l->guest))
		r = -ENOTCONN;
	if (r < 0 || source_set_timer(l->deadline, usec) < 0)
		life_kill(l);
}

static int on_deadline(struct source *source, void *arg)
{
	struct life *l = arg;
	struct err err;

	(void)source;
	if (l->closing) {
		log_warning("the guest did not shut down in time, the machine is ended");
		life_kill(l);
		return 0;
	}
	err_set(&err, -ETIMEDOUT, "the guest did not come up within %u s; see `moat logs --boot`",
		(unsigned)(l->o.deadlines->boot_usec / USEC_PER_SEC));
	life_fail(l, EXIT_NOT_STARTED, &err);
	return 0;
}

/* Why a machine ended that nobody had ended. */
static void explain(const struct life *l, struct err *ret)
{
	char tail[ERR_MSG_MAX / 2];

	engine_log_catch_up(l->engine_log);
	text_tail(l->o.dir_fd, SHIM_LOG_FILE, l->log_start, tail, sizeof(tail));
	err_set(ret, -EIO, "the virtual machine ended unexpectedly (%s %d): %s",
		WIFSIGNALED(l->status) ? "signal" : "exit status",
		WIFSIGNALED(l->status) ? WTERMSIG(l->status) : WEXITSTATUS(l->status),
		*tail ? tail : "see `moat logs --boot`");
}

/* The machine is gone, and all it had to say is read. */
static void leave(struct life *l)
{
	struct err err;

	(void)source_set_timer(l->settle, UINT64_MAX);
	(void)source_set_timer(l->deadline, UINT64_MAX);
	if (!l->settled) {
		explain(l, &err);
		settle(l, EXIT_KILLED, &err);
	}
	l->state = LIFE_ENDED;
	l->o.handler->ended(l->o.arg, l->code, *l->why.msg ? &l->why : NULL);
}

/* The machine is gone before it was of use: take another one. */
static void start_over(struct life *l)
{
	struct err err;

	(void)source_set_timer(l->settle, UINT64_MAX);
	log_warning("the machine did not come to be ready, and another one is tried");
	give_up_machine(l);
	if (bring_up(l, l->source + 1, &err) < 0) {
		settle(l, EXIT_NOT_STARTED, &err);
		leave(l);
	} else if (life_takes_containers(l)) {
		l->o.handler->ready(l->o.arg);
	}
}

static int on_child(struct source *source, pid_t pid, int status, void *arg)
{
	struct life *l = arg;

	(void)source, (void)pid;
	if (try_another(l, NULL)) {
		start_over(l);
		return 0;
	}
	l->status = status;
	disk_watch_end(&l->disks);
	machine_release(&l->machine);
	l->state = LIFE_LEAVING;
	if (guest_has_ended(l->guest) || source_set_timer(l->settle, SETTLE_USEC) < 0)
		leave(l);
	return 0;
}

static int on_settled(struct source *source, void *arg)
{
	struct life *l = arg;

	(void)source;
	if (l->state == LIFE_UP)
		machine_kill(&l->machine);
	else if (l->state == LIFE_LEAVING)
		leave(l);
	return 0;
}

static void on_disk_errors(void *arg)
{
	struct life *l = arg;

	log_warning("disk errors: the host could not do what the machine asked of its disk for the "
		    "%s: %s (%llu requests until now)",
		    control_disk_name(l->disks.now.disk), l->disks.now.reason,
		    (unsigned long long)l->disks.now.count);
	l->o.handler->disk_errors(l->o.arg);
}

static off_t file_size(int dir_fd, const char *name)
{
	struct stat sb;

	return fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : sb.st_size;
}

int life_new(const struct life_options *o, struct life **ret, struct err *err)
{
	struct life *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return err_nomem(err);
	l->o = *o;
	l->machine = SHIM_MACHINE_NONE;
	l->source = MACHINE_BOOTED;
	l->disks = (struct disk_watch){ .loop = o->loop, .tell = on_disk_errors, .arg = l };
	l->log_start = file_size(o->dir_fd, SHIM_LOG_FILE);
	r = machine_spec_load(o->dir_fd, &l->spec, err);
	if (r < 0) {
		life_free(l);
		return r;
	}
	r = loop_add_timer(o->loop, UINT64_MAX, on_deadline, l, &l->deadline);
	if (r == 0)
		r = loop_add_timer(o->loop, UINT64_MAX, on_settled, l, &l->settle);
	if (r < 0) {
		life_free(l);
		return err_errno(err, r, "event loop");
	}
	*ret = l;
	return 0;
}

void life_free(struct life *l)
{
	if (!l)
		return;
	guest_free(l->guest);
	source_free(l->child);
	source_free(l->settle);
	source_free(l->deadline);
	disk_watch_reset(&l->disks);
	machine_release(&l->machine);
	console_free(l->console);
	engine_log_free(l->engine_log);
	machine_spec_reset(&l->spec);
	free(l);
}
