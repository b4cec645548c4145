/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/event.h"
#include "loop/loop.h"
#include "shim/container/crilog.h"
#include "shim/container/history.h"
#include "shim/container/process.h"
#include "shim/container/query.h"
#include "shim/control.h"
#include "shim/machine/console.h"
#include "shim/machine/disk-watch.h"
#include "shim/machine/engine-log.h"
#include "shim/machine/guest.h"
#include "shim/machine/machine.h"
#include "shim/machine/space.h"

/*
 * The life of one container: its machine, its processes, and how it ended.  The parts report here,
 * and what follows from it for the whole is decided here.
 */

struct shim_options {
	int dir_fd;			     /* the container's folder; borrowed */
	int listen_fd;			     /* the control socket; borrowed */
	struct shim_machine *spare;	     /* one that waits; NULL: none.  Taken over */
	const struct machine_template *from; /* where the machine is restored from; NULL: booted */
	uint64_t boot_usec;		     /* until HELLO */
	uint64_t setup_usec;		     /* from HELLO to READY */
	uint64_t spawn_usec;		     /* from SPAWN to STARTED or FAILED */
	uint64_t exec_usec;		     /* the same, of an exec */
	uint64_t kill_usec;		     /* from SIGKILL, then from SHUTDOWN, to EXITED */
	uint64_t tell_usec;		     /* from EXITED or FAILED until the end is told */
	uint64_t shutdown_usec;		     /* from then to DOWN */
	uint64_t drain_usec;		     /* for clients to take the last output */
	uint64_t hasty_drain_usec;	     /* the same where the end was asked for */
};

/* Generous where an emulated machine on a busy host must get by. */
#define SHIM_OPTIONS_DEFAULT                                                                       \
	.boot_usec = 60 * USEC_PER_SEC, .setup_usec = 30 * USEC_PER_SEC,                           \
	.spawn_usec = 60 * USEC_PER_SEC, .exec_usec = 30 * USEC_PER_SEC,                           \
	.kill_usec = 800 * USEC_PER_MSEC, .tell_usec = 2 * USEC_PER_SEC,                           \
	.shutdown_usec = 60 * USEC_PER_SEC, .drain_usec = 10 * USEC_PER_SEC,                       \
	.hasty_drain_usec = 500 * USEC_PER_MSEC

enum shim_stage {
	SHIM_UP,	/* the machine's process is there */
	SHIM_LINK_LEFT, /* it is gone, what it sent before is still being read */
	SHIM_DRAINING,	/* exit.json is written, clients take the last output; a slow guest's
			   machine is still there to make its disks clean */
	SHIM_OVER,
};

struct shim {
	const struct shim_options *options;
	struct loop *loop;
	enum shim_stage stage;
	struct control *control;
	struct shim_config *config;
	struct crilog *log;
	struct shim_machine machine;
	struct console *console; /* of @machine */
	struct engine_log *engine_log;
	struct disk_watch disks;
	struct space_watch space;
	struct source *machine_end;
	int machine_status;   /* as waitpid(2) gave it */
	struct source *timer; /* of the stage */
	struct guest *guest;
	struct process_list processes;
	struct process *init; /* in @processes; NULL while there is no configuration */
	bool start_requested;
	bool paused; /* the machine's vCPUs are stopped */
	bool hasty;  /* the end was asked for: clients get little time for the last output */
	bool oom;    /* processes were killed for want of memory */
	bool told;   /* watchers know of the end */
	bool late;   /* clients have had their time for the last output */
	uint32_t last_stream;
	struct history history;
	struct queries queries;
	struct source *files_idle; /* of a machine for the container's files only */
	bool decided;		   /* @exit says how the container ended */
	struct exit_status exit;
	enum machine_source source; /* of the machine there is, or was */
	bool restore_failed;	    /* from the template, and nobody was told */
	struct control_times times;
	off_t log_start; /* where in shim.log this life began */
};

/**
 * shim_run() - run the container of a folder to its end
 *
 * The end, whatever it is, is told by exit.json and the `exited` event.
 *
 * Return: 0; -errno where not even that was possible.
 */
int shim_run(const struct shim_options *options);

/** shim_find_target() - a process that is not over; NULL where there is none */
struct process *shim_find_target(struct shim *s, const char *target);

/** shim_find_stream() - the process of a stream of the guest link; NULL where there is none */
struct process *shim_find_stream(struct shim *s, uint32_t stream);

/** shim_add_process() - make a process with a stream of its own.  @spec: owned from success on.
 * Return: 0; -ENOSPC; -ENOMEM. */
int shim_add_process(struct shim *s, const char *target, struct oci_process *spec,
		     struct process **ret);

/** shim_ready() - start the init if the guest is ready for it and somebody asked for it */
void shim_ready(struct shim *s);

/**
 * shim_try_another() - a machine that was not booted for this container does not come to be ready:
 * end it, and bring up another one
 * @err: what went wrong; may be NULL
 *
 * Return: is that so?  Then the rest follows, when its process has ended.
 */
bool shim_try_another(struct shim *s, const struct err *err);

/** shim_machine_ended() - the machine's process is gone; a loop_child_fn */
int shim_machine_ended(struct source *source, pid_t pid, int status, void *arg);

/** shim_started() - a process runs */
void shim_started(struct shim *s, struct process *p);

/** shim_failed() - a process could not be started.  @err: why, the code is an errno; @p may be
 * freed */
void shim_failed(struct shim *s, struct process *p, const struct err *err);

/** shim_exited() - a process ended, after all its output; @p may be freed */
void shim_exited(struct shim *s, struct process *p, int code, bool oom);

/** shim_exec_over() - an exec has ended, or goes with its machine; @p may be freed */
void shim_exec_over(struct shim *s, struct process *p, int code);

/** shim_tell() - an event for those that watch; takes @event over, NULL is out of memory */
void shim_tell(struct shim *s, char *event);

/** shim_oom() - a process of the container was killed for want of memory */
void shim_oom(struct shim *s);

/** shim_lost() - a client is gone, or has taken something: maybe the last thing to wait for */
void shim_lost(struct shim *s);

/** shim_link_ended() - nothing will come from the guest any more */
void shim_link_ended(struct shim *s);

/**
 * shim_pause(), shim_resume() - stop the machine's vCPUs while the container runs, let them go on
 *
 * Return: 0; -EBUSY where the container does not run; -EALREADY where there is nothing to do;
 * -ETIMEDOUT, -errno from the engine; each with a message.
 */
int shim_pause(struct shim *s, struct err *err);
int shim_resume(struct shim *s, struct err *err);

/** shim_hurry() - clients that are slow are not waited for any more */
void shim_hurry(struct shim *s);

/**
 * shim_tell_end() - the container's process is over, its machine is not: let nobody wait for that
 *
 * Return: was there an end to tell, and a machine that can be let go on?
 */
bool shim_tell_end(struct shim *s);

/** shim_shutdown() - kill the container's processes, and end the machine when its disks are clean;
 * a guest that does not answer is ended soon */
void shim_shutdown(struct shim *s);

/**
 * shim_end_machine() - end the machine at once
 * @code: the container's exit code, unless it has one already
 * @err:  what moat failed in; NULL where the end was asked for
 */
void shim_end_machine(struct shim *s, int code, const struct err *err);
