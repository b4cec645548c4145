/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "shim/container/containers.h"
#include "shim/deadlines.h"
#include "shim/machine/life.h"
#include "shim/server.h"

/*
 * One moat-shim: a machine, its containers, and connections with requests.  When the machine ends
 * is decided here.
 */

struct shim_options {
	int dir_fd;    /* the machine's folder; borrowed */
	int listen_fd; /* the control socket; borrowed */
	struct machine_supply supply;
	struct deadlines deadlines;
	bool narrowed; /* by narrow.h; false in a process that does other things, too */
};

enum shim_stage {
	SHIM_OPEN,
	SHIM_KILLING, /* the end was asked for, processes are being killed */
	SHIM_FORCING, /* killing took too long: the guest is shut down all the same */
	SHIM_CLOSING, /* nothing runs any more: the guest cleans its disks */
};

struct shim {
	const struct shim_options *options;
	struct loop *loop;
	struct server *server;
	struct life *life;
	struct containers containers;
	enum shim_stage stage;
	struct source *check;	/* looks whether there is still something to wait for */
	struct source *killing; /* the time for processes to die */
	struct source *unused;
	struct source *freezing; /* the time for the guest to freeze the containers */
	struct conn *pauser;	 /* waits for the freezing; NULL: nobody does */
	bool frozen;		 /* where the machine is paused: its containers stand still */
	bool patient;		 /* nobody has held the machine, or started anything, yet */
	bool narrowed;		 /* narrow() was called */
};

/**
 * shim_run() - run the machine of a folder to its end
 *
 * Return: 0; -errno where not even that was possible.
 */
int shim_run(const struct shim_options *options);

/** shim_watch() - tell a connection all events from now on, and first what counts now */
void shim_watch(struct shim *s, struct conn *conn);

/** shim_rest() - as life_rest().  Return: also -EBUSY where there is a container. */
int shim_rest(struct shim *s, struct err *err);

/** shim_shutdown() - kill what runs, and end the machine when its disks are clean; a guest that
 * does not answer is ended soon */
void shim_shutdown(struct shim *s);

/** shim_kill() - end the machine at once, its disks as they are */
void shim_kill(struct shim *s);
