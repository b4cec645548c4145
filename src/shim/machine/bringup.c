/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A machine comes up when it is given its first container: restored from a
 * template, or booted; what is quickest first, and what always works last.  One that rested goes
 * on.  One that cannot be had, or ends before a container was ready in it, is followed by one of
 * the next kind, with the same containers' disks.
 */
#include "shim/machine/bringup.h"

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "control/names.h"
#include "shim/machine/console.h"
#include "shim/machine/cpu.h"
#include "shim/machine/engine-log.h"

static int greet_guest(struct life *l)
{
	int r = guest_greet(l->guest);

	return r < 0 ? r : source_set_timer(l->deadline, UINT64_MAX);
}

/* Connects a machine whose process runs: its guest, console, log, disks and end. */
static int bring_to_life(struct life *l, struct err *err)
{
	const struct guest_handlers to = { &life_guest_handler, l, l->o.containers,
					   l->o.containers_arg };
	int r = guest_new(l->o.loop, l->machine.link_fd, &to, &l->guest);

	l->engine_usec = clock_mono_usec();
	l->cpu_before_usec = 0;
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
	r = loop_add_pidfd(l->o.loop, l->machine.engine->pidfd(l->machine.vm), life_child_ended, l,
			   &l->child);
	if (r < 0)
		return err_errno(err, r, "watch the virtual machine");
	if (l->machine.resting)
		return 0;
	if (l->machine.restored)
		r = greet_guest(l);
	else
		r = deadline_begin(&l->patience, l->deadline, l->machine.pid,
				   l->o.deadlines->boot_usec);
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
	l->restore_failed |= l->source == MACHINE_RESTORED && !l->blameless;
	l->blameless = false;
	l->state = LIFE_NONE;
	for (unsigned i = 0; i < MACHINE_SLOTS; i++)
		l->unfilled[i] = false;
}

/* A machine that takes this one's place later has nothing to do with forks. */
static void close_kin(struct machine_supply *s)
{
	if (s->forks || s->forked)
		fd_close(&s->kin_fd);
	s->forks = s->forked = false;
}

static int try_from(struct life *l, enum machine_source source, struct err *err)
{
	struct machine_supply supply = l->o.supply;
	int r;

	if (source == MACHINE_BOOTED)
		supply.from = NULL;
	/* An earlier machine may have read the state. */
	if (supply.from && lseek(supply.from->state_fd, 0, SEEK_SET) < 0)
		return err_errno(err, -errno, "state of the template");
	l->source = source;
	r = source == MACHINE_FORKED ? machine_fork(&l->spec, &supply, &l->machine, err)
				     : machine_start(&l->spec, l->slots, &supply, &l->machine, err);
	close_kin(&l->o.supply);
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
		/* -EBUSY: the writable layer is in use, and would be for another machine as
		 * well. */
		if (r == 0 || r == -EBUSY)
			return r;
		if (source == MACHINE_RESTORED && !l->o.supply.from)
			continue;
		log_warning("%s: %s", names[source], err->msg);
		l->blameless = r == -EAGAIN;
		give_up_machine(l);
	}
	return r;
}

int bringup_fork(struct life *l, struct err *err)
{
	int r = try_from(l, MACHINE_FORKED, err);

	if (r < 0) {
		log_warning("the machine cannot be forked: %s", err->msg);
		give_up_machine(l);
	}
	return r;
}

/* Continues a machine that rests.  Its clock stands where it was stopped; the message MACHINE
 * sets it. */
static int wake_machine(struct life *l, unsigned slot, struct err *err)
{
	int r;

	l->worked = false;
	l->cpu_before_usec = cpu_of_process(l->machine.pid);
	r = machine_fill(&l->machine, &l->spec, l->slots, slot, err);
	if (r == 0) {
		l->machine.resting = false;
		l->engine_usec = clock_mono_usec();
		r = greet_guest(l);
		if (r < 0)
			err_errno(err, r, "guest link");
	}
	if (r == 0 || r == -EBUSY)
		return r;
	log_warning("the machine that rested cannot be used: %s", err->msg);
	give_up_machine(l);
	return bring_up(l, MACHINE_RESTORED, err);
}

int bringup_fill(struct life *l, unsigned slot, struct err *err)
{
	bool rested = l->machine.resting;

	if (l->state == LIFE_NONE && !(l->o.supply.forked && bringup_fork(l, err) == 0))
		return bring_up(l, MACHINE_RESTORED, err);
	if (rested)
		l->source = MACHINE_SPARE;
	if (l->machine.resting)
		return wake_machine(l, slot, err);
	if (guest_is_up(l->guest))
		return machine_fill(&l->machine, &l->spec, l->slots, slot, err);
	l->unfilled[slot] = true;
	return 0;
}

int bringup_next(struct life *l, struct err *err)
{
	log_warning("the machine did not come to be ready, and another one is tried");
	give_up_machine(l);
	return bring_up(l, l->source < MACHINE_RESTORED ? MACHINE_RESTORED : l->source + 1, err);
}

/* Gives the machine the disks of containers that were added while the guest came up. */
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

int bringup_hello(struct life *l)
{
	int r = greet_guest(l);

	if (r == 0)
		fill_late(l);
	return r;
}
