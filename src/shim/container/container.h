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
 * One container of a machine: its place there, its processes, and how it ended.  What the guest
 * says, and its machine's end, come by containers.h.
 */

enum container_state {
	CONTAINER_WAITING,    /* for the guest */
	CONTAINER_SETTING_UP, /* the guest knows of it */
	CONTAINER_READY,
	CONTAINER_KILLING,  /* its process, before it is removed */
	CONTAINER_FAILED,   /* it could not be set up */
	CONTAINER_REMOVING, /* the guest takes it away */
	CONTAINER_GONE,	    /* from the machine, or with it */
};

struct containers;

struct container {
	LIST_ENTRY(container) entry;
	struct containers *all;
	char name[CONTROL_NAME_MAX + 1];
	uint16_t number; /* for the guest */
	int slot;	 /* in the machine; -1: none any more */
	int dir_fd;	 /* its folder; owned */
	struct oci_runtime *runtime;
	struct crilog *log; /* NULL: none is kept */
	enum container_state state;
	struct source *deadline;  /* of the state */
	struct patience patience; /* while it is set up */
	struct process_list processes;
	struct process *init; /* in @processes */
	bool start_requested;
	bool oom;		 /* processes were killed for want of memory */
	bool ended;		 /* @exit says how */
	struct exit_status exit; /* told where it was started */
	bool removed;		 /* by request: it is forgotten when its clients have all */
	struct conn *remover;	 /* waits for that */
	struct source *drain;	 /* the time for clients to take the last output */
	bool drained;		 /* it has passed */
	struct history history;
	struct queries queries;
	struct network_wish network;
	struct space_watch space;
	struct share share;
	struct sockets sockets;
	struct control_times times;
	enum machine_source machine;
	pid_t pid; /* of the machine it runs in */
};

/** container_new() - one with nothing in it.  @ret: owned.  Return: 0; -errno. */
int container_new(struct containers *all, const char *name, struct container **ret);

/** container_free() - without a word */
void container_free(struct container *c);

/** container_offer() - the guest takes containers: tell it of one that it does not know, or that it
 * knew of in another machine */
void container_offer(struct container *c);

/** container_ready(), container_failed() - the guest's answers.  Return: 0; -EBADMSG. */
int container_ready(struct container *c);
int container_failed(struct container *c, const struct err *err);

/** container_start() - somebody wants its process; conn is answered when it runs.  Return: 0;
 * -EALREADY; what moat failed in before; with a message. */
int container_start(struct container *c, struct conn *conn, struct err *err);

/** container_is_wanted() - was it started, and has not ended? */
bool container_is_wanted(const struct container *c);

/** container_is_running() - does its process run? */
bool container_is_running(const struct container *c);

/** container_find() - a process that is not over; NULL where there is none */
struct process *container_find(struct container *c, const char *target);

/** container_add_process() - make a process with a stream of its own.  @spec: owned from success
 * on.  Return: 0; -ENOSPC; -ENOMEM. */
int container_add_process(struct container *c, const char *target, struct oci_process *spec,
			  struct process **ret);

/** container_drop_process() - forget one that the guest does not know of */
void container_drop_process(struct process *p);

/** container_process_started() - a process runs */
void container_process_started(struct container *c, struct process *p);

/** container_not_started() - a process could not be started; @p may be freed */
void container_not_started(struct container *c, struct process *p, const struct err *err);

/** container_process_exited() - a process ended, after all its output; @p may be freed */
void container_process_exited(struct container *c, struct process *p, int code, bool oom);

/** container_oom() - a process was killed for want of memory */
void container_oom(struct container *c);

/** container_lost() - a client is gone, or has taken something: maybe the last thing to wait for */
void container_lost(struct container *c);
