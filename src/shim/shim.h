/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/containers.h"
#include "shim/deadlines.h"
#include "shim/machine/life.h"
#include "shim/server.h"

/*
 * One moat-shim: a machine, its containers, and those who ask for something.  When the machine
 * comes to its end is decided here.
 */

struct shim_options {
	int dir_fd;    /* the machine's folder; borrowed */
	int listen_fd; /* the control socket; borrowed */
	struct machine_supply supply;
	struct deadlines deadlines;
	bool narrowed; /* see narrow.h; not where others live in the same process */
};

enum shim_stage {
	SHIM_OPEN,
	SHIM_KILLING, /* an end was asked for, and what ran is being killed */
	SHIM_FORCING, /* that takes long: the guest is shut down all the same */
	SHIM_CLOSING, /* nothing runs any more: the guest cleans its disks */
};

struct shim {
	const struct shim_options *options;
	struct loop *loop;
	struct server *server;
	struct life *life;
	struct containers containers;
	enum shim_stage stage;
	struct source *check;	/* something may have been the last to wait for */
	struct source *killing; /* the time that processes have to be killed */
	struct source *unused;
	struct source *freezing; /* the time that the guest has to freeze the containers */
	struct conn *pauser;	 /* who waits for that; NULL: nobody */
	bool frozen;		 /* it did, where the machine is paused */
	bool patient;		 /* nobody has held it, or started anything, yet */
	bool narrowed;		 /* or it was tried */
};

/**
 * shim_run() - run the machine of a folder to its end
 *
 * Return: 0; -errno where not even that was possible.
 */
int shim_run(const struct shim_options *options);

/** shim_watch() - a connection that is told everything from now on, and first what counts now */
void shim_watch(struct shim *s, struct conn *conn);

/** shim_rest() - as life_rest().  Return: also -EBUSY where there is a container. */
int shim_rest(struct shim *s, struct err *err);

/** shim_shutdown() - kill what runs, and end the machine when its disks are clean; a guest that
 * does not answer is ended soon */
void shim_shutdown(struct shim *s);

/** shim_kill() - end the machine as it is */
void shim_kill(struct shim *s);
