/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/machine-spec.h"
#include "engine/engine.h"
#include "shim/machine/disks.h"

/* A virtual machine, for as long as its process runs. */
struct shim_machine {
	const struct engine *engine;
	struct vm *vm;
	pid_t pid;
	bool restored;	/* from a template, instead of booted */
	bool resting;	/* its vCPUs are stopped, and no container is in it */
	int link_fd;	/* our end of the guest link, until somebody takes it */
	int console_fd; /* our end of the guest's console, until somebody takes it */
	int log_fd;	/* our end of the engine's stderr, until somebody takes it */
	int share_fds[MACHINE_SHARES_MAX]; /* our ends of the ports for shares; -1: closed */
};

#define SHIM_MACHINE_NONE                                                                          \
	((struct shim_machine){                                                                    \
		.link_fd = -1, .console_fd = -1, .log_fd = -1, .share_fds = { -1, -1 } })

/* What is open before a machine is started; all is borrowed. */
struct machine_supply {
	/* The template to restore from; NULL: boot.  A machine whose disks have other sizes than
	 * the template's is booted in any case. */
	const struct machine_template *from;
	int tap_fd;  /* -1: its NIC hangs on nothing */
	bool forks;  /* be a zygote, if restored */
	bool forked; /* be forked of a zygote, if possible */
	int kin_fd;  /* a zygote's or a fork's: socket on which forks are asked for; then closed */
};

/**
 * machine_start() - open everything the machine needs and start its process
 * @slots: MACHINE_SLOTS; the disks of those that are used are in the machine from the start
 * @ret:   machine_release()
 *
 * Return: 0; -errno with a message.
 */
int machine_start(const struct machine_spec *spec, const struct slot *slots,
		  const struct machine_supply *supply, struct shim_machine *ret, struct err *err);

/**
 * machine_fork() - have the machine's process forked of a zygote; it rests, with blank disks
 * @ret: machine_release()
 *
 * Return: 0; -EOPNOTSUPP where the engine cannot fork; -errno; with a message.
 */
int machine_fork(const struct machine_spec *spec, const struct machine_supply *supply,
		 struct shim_machine *ret, struct err *err);

/**
 * machine_fill() - give a machine that is there a container's disks, and have it go on where it
 * rests
 * @m: its guest does not use the disks of this slot.  A machine that rested is of no use after a
 *     failure
 *
 * Return: 0; -EINVAL where the disks are of other sizes than the machine's; -EOPNOTSUPP; -errno;
 * with a message.
 */
int machine_fill(struct shim_machine *m, const struct machine_spec *spec, const struct slot *slots,
		 unsigned slot, struct err *err);

/** machine_empty() - take a container's disks out of a slot, where the engine can.  Return: 0;
 * -errno with a message. */
int machine_empty(struct shim_machine *m, const struct machine_spec *spec, unsigned slot,
		  struct err *err);

/** machine_close_share() - close a slot's port for shares: the guest finds nobody there any more */
void machine_close_share(struct shim_machine *m, unsigned slot);

/** machine_kill() - end the machine's process; nothing happens where it is gone */
void machine_kill(struct shim_machine *m);

/** machine_release() - forget the machine; it is killed if it still runs */
void machine_release(struct shim_machine *m);
