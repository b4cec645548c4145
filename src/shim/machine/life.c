/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  How a machine comes to be there is in bringup.c; here is how it ends.
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
#include "control/names.h"
#include "shim/machine/bringup.h"
#include "shim/machine/console.h"
#include "shim/machine/engine-log.h"
#include "shim/machine/steer.h"
#include "shim/text.h"

/* What a process sent before it ended can be read at once; a process that closed the link is
 * about to end. */
#define SETTLE_USEC USEC_PER_SEC

static void settle_end(struct life *l, int code, const struct err *why)
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

/* Ends a machine that failed to come up, if another kind of machine may still be tried, which
 * happens after its end. */
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
	settle_end(l, code, why);
	machine_kill(&l->machine);
}

void life_late(struct life *l, const struct patience *p, const struct err *why)
{
	l->blameless = p->is_cut;
	life_fail(l, EXIT_NOT_STARTED, why);
}

void life_kill(struct life *l)
{
	life_fail(l, EXIT_KILLED, NULL);
}

static void on_guest_down(void *arg)
{
	life_kill(arg);
}

static void on_guest_failed(void *arg, const struct err *err)
{
	life_fail(arg, EXIT_KILLED, err);
}

static void leave_machine(struct life *l);

static void on_guest_ended(void *arg)
{
	struct life *l = arg;

	if (l->state == LIFE_LEAVING)
		leave_machine(l);
	else if (l->state == LIFE_UP && source_set_timer(l->settle, SETTLE_USEC) < 0)
		machine_kill(&l->machine);
}

static void on_hello(void *arg)
{
	struct life *l = arg;
	struct err err;
	int r = bringup_hello(l);

	if (r < 0) {
		err_errno(&err, r, "guest link");
		life_fail(l, EXIT_NOT_STARTED, &err);
		return;
	}
	l->o.handler->ready(l->o.arg);
}

static void on_guest_clock(void *arg)
{
	struct life *l = arg;

	reclaim_look(&l->reclaim);
}

const struct guest_machine_handler life_guest_handler = {
	.hello = on_hello,
	.down = on_guest_down,
	.failed = on_guest_failed,
	.clock = on_guest_clock,
	.ended = on_guest_ended,
};

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
	r = bringup_fill(l, slot, err);
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

bool life_takes_containers(const struct life *l)
{
	return l->state == LIFE_UP && guest_is_up(l->guest) && !l->machine.resting;
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

bool life_is_closing(const struct life *l)
{
	return l->closing || l->settled || l->state > LIFE_UP;
}

void life_tell_disk_errors(struct life *l)
{
	disk_watch_flush(&l->disks);
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
	if (!l->closing && deadline_goes_on(&l->patience, l->deadline))
		return 0;
	if (l->closing) {
		log_warning("the guest did not shut down in time, the machine is ended");
		life_kill(l);
		return 0;
	}
	err_set(&err, -ETIMEDOUT, "the guest did not come up within %u s; see `moat logs --boot`",
		(unsigned)(l->o.deadlines->boot_usec / USEC_PER_SEC));
	life_late(l, &l->patience, &err);
	return 0;
}

/* Only a parent is told how its process ended. */
static void describe_status(int status, char *ret, size_t size)
{
	if (status < 0)
		*ret = '\0';
	else if (WIFSIGNALED(status))
		snprintf(ret, size, " (signal %d)", WTERMSIG(status));
	else
		snprintf(ret, size, " (exit status %d)", WEXITSTATUS(status));
}

/* Finds out why a machine ended that nobody had ended. */
static void explain_end(const struct life *l, struct err *ret)
{
	char tail[ERR_MSG_MAX / 2], how[32];

	describe_status(l->status, how, sizeof(how));
	engine_log_catch_up(l->engine_log);
	text_tail(l->o.dir_fd, SHIM_LOG_FILE, l->log_start, tail, sizeof(tail));
	err_set(ret, -EIO, "the virtual machine ended unexpectedly%s: %s", how,
		*tail ? tail : "see `moat logs --boot`");
}

/* The machine has ended, and all it sent was read: tells the owner. */
static void leave_machine(struct life *l)
{
	struct err err;

	(void)source_set_timer(l->settle, UINT64_MAX);
	(void)source_set_timer(l->deadline, UINT64_MAX);
	if (!l->settled) {
		explain_end(l, &err);
		settle_end(l, EXIT_KILLED, &err);
	}
	l->state = LIFE_ENDED;
	l->o.handler->ended(l->o.arg, l->code, *l->why.msg ? &l->why : NULL);
}

/* The machine ended before a container was ready in it: tries the next kind. */
static void start_over(struct life *l)
{
	struct err err;

	(void)source_set_timer(l->settle, UINT64_MAX);
	if (bringup_next(l, &err) < 0) {
		settle_end(l, EXIT_NOT_STARTED, &err);
		leave_machine(l);
	} else if (life_takes_containers(l)) {
		l->o.handler->ready(l->o.arg);
	}
}

static bool is_killed(int status)
{
	return status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int life_child_ended(struct source *source, pid_t pid, int status, void *arg)
{
	struct life *l = arg;

	(void)source, (void)pid;
	/* Somebody else has killed it, as the kernel does where memory is short. */
	if (l->guest && !guest_is_forgotten(l->guest) && is_killed(status))
		l->blameless = true;
	if (try_another(l, NULL)) {
		start_over(l);
		return 0;
	}
	l->status = status;
	disk_watch_end(&l->disks);
	machine_release(&l->machine);
	l->state = LIFE_LEAVING;
	if (guest_has_ended(l->guest) || source_set_timer(l->settle, SETTLE_USEC) < 0)
		leave_machine(l);
	return 0;
}

static int on_settled(struct source *source, void *arg)
{
	struct life *l = arg;

	(void)source;
	if (l->state == LIFE_UP)
		machine_kill(&l->machine);
	else if (l->state == LIFE_LEAVING)
		leave_machine(l);
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
	if (r == 0 && (o->supply.tap_fd >= 0) != (*l->spec.tap != '\0'))
		r = err_set(err, -EINVAL,
			    MACHINE_FILE ": a tap has a name and comes along, or neither");
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
	reclaim_begin(&l->reclaim, l);
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
	reclaim_end(&l->reclaim);
	machine_release(&l->machine);
	console_free(l->console);
	engine_log_free(l->engine_log);
	machine_spec_reset(&l->spec);
	free(l);
}
