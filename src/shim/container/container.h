/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/event.h"
#include "oci/runtime.h"
#include "shim/container/crilog.h"
#include "shim/container/history.h"
#include "shim/container/network.h"
#include "shim/container/process.h"
#include "shim/container/query.h"
#include "shim/container/share.h"
#include "shim/container/sockets.h"
#include "shim/container/space.h"
#include "shim/server.h"

/*
 * One container of a machine: its place there, its processes, and how it ended.  containers.h tells
 * it what the guest says, and of the machine's end.
 */

enum container_state {
	CONTAINER_WAITING,    /* the guest does not know of it yet */
	CONTAINER_SETTING_UP, /* the guest was told, and has yet to answer */
	CONTAINER_READY,
	CONTAINER_KILLING,  /* its process is killed, then it is removed */
	CONTAINER_FAILED,   /* the guest could not set it up */
	CONTAINER_REMOVING, /* the guest was told to take it away */
	CONTAINER_GONE,	    /* out of the machine, or the machine has ended */
};

struct containers;

struct container {
	LIST_ENTRY(container) entry;
	struct containers *all;
	char name[CONTROL_NAME_MAX + 1];
	uint16_t number; /* the guest knows the container by it */
	int slot;	 /* of its disks in the machine; -1: none any more */
	int dir_fd;	 /* the container's folder; owned */
	struct oci_runtime *runtime;
	struct crilog *log; /* NULL: none is kept */
	enum container_state state;
	struct source *deadline;  /* by which @state must have changed */
	struct patience patience; /* for @deadline, while the guest sets the container up */
	struct process_list processes;
	struct process *init; /* in @processes */
	bool start_requested;
	bool oom;		 /* processes were killed for want of memory */
	bool ended;		 /* how is in @exit */
	struct exit_status exit; /* announced where the container was started */
	bool removed;		 /* by request: forgotten once its clients have all output */
	struct conn *remover;	 /* waits for the removal */
	struct source *drain;	 /* time for clients to take the last output */
	bool drained;		 /* @drain has passed */
	struct history history;
	struct queries queries;
	struct network_wish network;
	struct space_watch space;
	struct share share;
	struct sockets sockets;
	struct control_times times;
	enum machine_source machine;
	pid_t pid; /* of the machine's engine */
};

/** container_new() - make a container that is in no machine yet.  @ret: owned.  Return: 0; -errno.
 */
int container_new(struct containers *all, const char *name, struct container **ret);

/** container_free() - free it, and tell nobody */
void container_free(struct container *c);

/** container_offer() - tell the guest of a container it does not know: the guest takes containers
 * now, or another machine has replaced the one that knew of it */
void container_offer(struct container *c);

/** container_ready(), container_failed() - the guest has set the container up, or could not.
 * Return: 0; -EBADMSG. */
int container_ready(struct container *c);
int container_failed(struct container *c, const struct err *err);

/** container_start() - have the container's process started; conn is answered when it runs.
 * Return: 0; -EALREADY; the code of moat's failure before this; with a message. */
int container_start(struct container *c, struct conn *conn, struct err *err);

/** container_is_wanted() - was it started, and has it not ended? */
bool container_is_wanted(const struct container *c);

/** container_is_running() - does its process run? */
bool container_is_running(const struct container *c);

/** container_find() - find a process that is not over; NULL where there is none */
struct process *container_find(struct container *c, const char *target);

/** container_add_process() - make a process with a stream of its own.  @spec: owned from success
 * on.  Return: 0; -ENOSPC; -ENOMEM. */
int container_add_process(struct container *c, const char *target, struct oci_process *spec,
			  struct process **ret);

/** container_drop_process() - forget a process that the guest does not know of */
void container_drop_process(struct process *p);

/** container_process_started() - the guest has started a process */
void container_process_started(struct container *c, struct process *p);

/** container_not_started() - the guest could not start a process; @p may be freed */
void container_not_started(struct container *c, struct process *p, const struct err *err);

/** container_process_exited() - a process ended, after all its output; @p may be freed */
void container_process_exited(struct container *c, struct process *p, int code, bool oom);

/** container_oom() - a process was killed for want of memory */
void container_oom(struct container *c);

/** container_lost() - a client is gone, or has taken output: nothing may be left to wait for */
void container_lost(struct container *c);
