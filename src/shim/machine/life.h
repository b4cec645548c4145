/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/event.h"
#include "control/machine-spec.h"
#include "shim/deadlines.h"
#include "shim/machine/disk-watch.h"
#include "shim/machine/guest.h"
#include "shim/machine/machine.h"
#include "shim/machine/reclaim.h"

enum life_state {
	LIFE_NONE,    /* no container needed it yet */
	LIFE_UP,      /* its process runs */
	LIFE_LEAVING, /* its process has ended, what it sent before is still read */
	LIFE_ENDED,
};

struct console;
struct engine_log;

/* Called from the loop alone. */
struct life_handler {
	/** ready() - the guest takes containers: offer it all, also those that a machine before
	 * this one had */
	void (*ready)(void *arg);
	/** disk_errors() - there are new errors of disks */
	void (*disk_errors)(void *arg);
	/**
	 * ended() - the machine is gone, and all it had to say is read
	 * @code: exit code of what ran in it
	 * @why:  NULL where the end was asked for
	 */
	void (*ended)(void *arg, int code, const struct err *why);
};

struct life_options {
	struct loop *loop;
	int dir_fd; /* the machine's folder; borrowed */
	struct machine_supply supply;
	const struct deadlines *deadlines;
	const struct life_handler *handler;
	void *arg;
	const struct guest_container_handler *containers;
	void *containers_arg;
};

/*
 * The life of one machine: where it comes from, its guest, its slots for containers' disks, and how
 * it ends.  Others read the members; only the functions below change them.
 */
struct life {
	struct life_options o;
	struct machine_spec spec;
	struct slot slots[MACHINE_SLOTS];
	bool unfilled[MACHINE_SLOTS]; /* the slot's disks come when the guest is up */
	enum life_state state;
	enum machine_source source;
	struct shim_machine machine;
	struct guest *guest; /* of the present machine; NULL where there is none */
	struct console *console;
	struct engine_log *engine_log;
	struct disk_watch disks;
	struct reclaim reclaim;
	struct source *child, *settle; /* the process's end, and the time to read what it sent */
	struct source *deadline;       /* for the guest to boot, or to clean its disks */
	struct patience patience;      /* for @deadline while the guest boots */
	uint64_t engine_usec;	       /* when its process ran, by clock_mono_usec() */
	uint64_t cpu_before_usec;      /* processor time before it had a container */
	off_t log_start;	       /* where in shim.log this life began */
	bool worked, restore_failed, paused, closing;
	bool blameless; /* the machine is given up, but not for its template's fault */
	bool awake;	/* the vCPUs run although the machine is paused */
	bool settled;	/* @code and @why say how it ended, or is to end */
	int code;
	struct err why; /* no text: the end was asked for */
	int status;	/* of the process, as waitpid(2) gave it */
};

/** life_new() - read machine.json; nothing is started.  @ret: owned.  Return: 0; -errno with a
 * message. */
int life_new(const struct life_options *o, struct life **ret, struct err *err);

/** life_free() - free it; the machine ends with it; NULL is accepted */
void life_free(struct life *l);

/**
 * life_take() - put a container's disks into a free slot
 * @what: its pointers stay valid until life_give_back()
 *
 * A machine that is not there yet is brought up, from where that is quickest; one that rests goes
 * on.
 *
 * Return: the slot; -ENOSPC where no slot is free; -ESHUTDOWN where the machine is ending; -EBUSY
 * where another machine has the layer; -EINVAL where the disks do not fit; -errno; with a message.
 */
int life_take(struct life *l, const struct slot *what, struct err *err);

/** life_give_back() - free a slot, as the guest does not use its disks any more */
void life_give_back(struct life *l, unsigned slot);

/** life_takes_containers() - is the guest up, to be told of containers? */
bool life_takes_containers(const struct life *l);

/** life_worked() - a container is ready: this machine is good, and no other one is tried */
void life_worked(struct life *l);

/** life_is_settled() - is it certain that no other machine will be brought up? */
bool life_is_settled(const struct life *l);

/** life_restore_failed() - could the template not be used, though this machine can?  Told once. */
bool life_restore_failed(struct life *l);

/** life_is_closing() - is the machine's end settled, or asked for? */
bool life_is_closing(const struct life *l);

/** life_tell_disk_errors() - tell errors of disks that were not told yet, before another event */
void life_tell_disk_errors(struct life *l);

/**
 * life_close() - let the guest clean its disks, and end the machine then
 * @usec: after this the machine is ended all the same; a second call sets it anew
 *
 * A guest that is not up has nothing to clean.
 */
void life_close(struct life *l, uint64_t usec);

/** life_kill() - end the machine at once, as somebody asked for */
void life_kill(struct life *l);

/** life_late() - as life_fail(), for a guest that was too slow.  @p: the patience it was waited for
 * with: on a host that was too busy, the template is not to blame */
void life_late(struct life *l, const struct patience *p, const struct err *why);

/** life_fail() - end the machine at once.  @code, @why: for ended(), unless that is settled */
void life_fail(struct life *l, int code, const struct err *why);

/* For bringup.c: the handlers of the guest and of the process's end. */
extern const struct guest_machine_handler life_guest_handler;
int life_child_ended(struct source *source, pid_t pid, int status, void *arg);
