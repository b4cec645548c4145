/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "control/exit.h"
#include "control/request.h"

/* Execs in an event: as many as surely fit into a packet. */
#define CONTROL_EXECS_MAX      1000u
#define CONTROL_CONTAINERS_MAX 64u /* in a machine */

/* Events that moat-shim sends to those that watch (docs/CONTROL.md). */
enum control_event_type {
	EVENT_STATE, /* also the answer to CONTROL_STATUS */
	EVENT_STARTED,
	EVENT_RESTORE_FAILED,
	EVENT_PAUSED,
	EVENT_RESUMED,
	EVENT_OOM,
	EVENT_DISK_FULL, /* the host has no room for the writable layer; DISK_FREE: it has again */
	EVENT_DISK_FREE,
	EVENT_DISK_ERRORS,
	EVENT_EXEC_EXITED,
	EVENT_DETACHED, /* a client left a process by its keys */
	EVENT_EXITED,
	EVENT_REMOVED,
	EVENT_CALL, /* a process in the container connected to a socket that the host serves */
};

enum control_state { STATE_CREATED, STATE_RUNNING, STATE_EXITED };

/* Where a machine came from; the quickest first. */
enum machine_source { MACHINE_SPARE, MACHINE_FORKED, MACHINE_RESTORED, MACHINE_BOOTED };

/* When each step of the start and the end was done, by clock_mono_usec(); 0: not yet. */
struct control_times {
	uint64_t begun;	  /* the container was added */
	uint64_t engine;  /* the engine's process runs, with everything it needs */
	uint64_t ready;	  /* the guest has set itself up for this container */
	uint64_t started; /* the container's process ran */
	uint64_t output;  /* its first output came */
	uint64_t exited;  /* the process ended */
	uint64_t ended;	  /* exit.json was written */
};

struct control_exec {
	char target[CONTROL_TARGET_MAX + 1];
	bool running;
	int code;
};

/* Requests to the machine's disks in which the host failed. */
struct control_disk_errors {
	uint64_t count; /* since the machine was started */
	char disk[16];	/* of the last failure: "image" or "layer" */
	char reason[80];
};

/* One container of a machine. */
struct control_container {
	char name[CONTROL_NAME_MAX + 1];
	enum control_state state;
	bool oom, disk_full;
	int64_t started_nsec;
	struct control_exec *execs; /* owned where the event was read */
	size_t n_execs; /* CONTROL_EXECS_MAX of all containers together, as far as they fit */
};

struct control_event {
	enum control_event_type type;
	char container[CONTROL_NAME_MAX + 1]; /* empty where the event is about the machine */

	/* EVENT_STATE */
	bool paused, resting;
	struct control_container *containers; /* owned where the event was read */
	size_t n_containers;

	/* EVENT_STATE, EVENT_DISK_ERRORS */
	struct control_disk_errors disk_errors;

	/* EVENT_STATE, EVENT_STARTED */
	int pid; /* of the engine; 0: none */
	int64_t started_nsec;

	/* EVENT_STARTED, EVENT_EXITED */
	enum machine_source machine;
	struct control_times times;

	/* EVENT_EXITED; EVENT_REMOVED: err alone, why moat failed */
	struct exit_status exit;

	/* EVENT_EXEC_EXITED; EVENT_DETACHED: target alone, empty for the container's process */
	struct control_exec exec; /* not running */

	/* EVENT_CALL */
	uint32_t call;	 /* its number, for CONTROL_CONNECT */
	uint32_t socket; /* which socket, by its place in the container's options */
};

/** control_event_write() - an event as one packet; owned text; NULL when out of memory */
char *control_event_write(const struct control_event *e);

/**
 * control_event_read() - read an event from one packet
 * @ret: control_event_reset()
 *
 * Return: 0; -EOPNOTSUPP for an unknown event; -EBADMSG, -EINVAL with a message; -ENOMEM.
 */
int control_event_read(const char *text, size_t len, struct control_event *ret, struct err *err);

/** control_event_from_json() - as control_event_read(), from a packet that is parsed already */
int control_event_from_json(const json_t *obj, struct control_event *ret, struct err *err);

/** control_event_container() - find a container in EVENT_STATE; NULL where none has this name */
struct control_container *control_event_container(const struct control_event *e, const char *name);

/** control_disk_name() - what a disk of the machine is for; its index is that of engine/engine.h */
const char *control_disk_name(size_t disk);

void control_event_reset(struct control_event *e);
