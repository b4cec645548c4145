/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "base/json.h"
#include "control/client.h"
#include "daemon/container/disk-errors.h"
#include "daemon/container/health.h"
#include "daemon/container/restart.h"
#include "daemon/container/trace.h"
#include "daemon/machine/folder.h"
#include "daemon/spec/mount-point.h"
#include "daemon/spec/resolv.h"
#include "daemon/state/hub.h"
#include "daemon/state/state.h"

/*
 * Containers in memory.  One mutex, the table's, guards every member that changes; it is held
 * for moments only, never over I/O.  A container lives as long as somebody holds a reference; one
 * that is removed has left the table.
 */

struct loop;
struct machines;
struct networks;
struct secrets;
struct prober;
struct restarter;
struct store;
struct volumes;
struct watcher;

struct attachment;
struct exec;

/*
 * What a container is doing:
 *
 *   CREATED --+                                        +--> PAUSED
 *   EXITED  --+--> STARTING --> LAUNCHED --> RUNNING <-+
 *   WAITING --+
 *
 * When a start fails or a run ends, the next state is one of these:
 *
 *   CREATED   its process has never run
 *   EXITED    its process has run
 *   WAITING   its restart policy wants it to run again
 *   REMOVING  it was made to be removed at its end; then REMOVED
 *
 * A container that does not run is removed by way of REMOVING, too.  A new moatd that finds a
 * running shim begins with LAUNCHED, and the shim tells the rest.
 */
enum container_state {
	CONTAINER_CREATED,
	CONTAINER_EXITED,
	CONTAINER_WAITING,  /* its restart policy is to start it again */
	CONTAINER_STARTING, /* a machine is sought for it */
	CONTAINER_LAUNCHED, /* its shim is there and takes clients; the process does not run yet */
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,   /* it runs, but its vCPUs are stopped */
	CONTAINER_REMOVING, /* it cannot be started any more */
	CONTAINER_REMOVED,  /* it has left the table */
	CONTAINER_STATES,
};

/* Sets of states, for container_is(). */
#define STATE(name)	 (1u << CONTAINER_##name)
#define STATES_BEGINNING (STATE(STARTING) | STATE(LAUNCHED))
#define STATES_RUNNING	 (STATE(RUNNING) | STATE(PAUSED))
#define STATES_SHIM	 (STATE(LAUNCHED) | STATES_RUNNING)
#define STATES_GONE	 (STATE(REMOVING) | STATE(REMOVED))

struct container {
	struct containers *table; /* lives as long as the process */
	unsigned refs;
	struct container *next; /* in the table */

	/* Fixed. */
	json_t *labels;	 /* object */
	json_t *sockets; /* member of its HostConfig; see daemon/spec/sockets.h */
	json_t *exposed; /* object: ports that are said to be in use, "80/tcp" */
	char **args;
	bool tty, open_stdin, stdin_once, auto_remove;
	int stop_signal;
	int stop_timeout_sec;
	struct health_config health_config;
	char *hostname, *domainname;
	struct ip servers[SPEC_SERVERS_MAX]; /* for its networks' resolver; none: the host's */
	size_t n_servers;
	char *network_mode; /* never NULL */
	struct mount_points mounts;
	char machine_path[ID_LEN + 16],
		files_path[ID_LEN + 16]; /* relative to the folder of containers */
	bool keeps_log;			 /* its output is kept, to be read again */

	/* Guarded by the table. */
	struct record rec;
	enum container_state state; /* changed by container_enter() alone */
	enum container_state from;  /* while it starts: the state before, which is still shown */
	bool kept;		    /* not removed at its end, as somebody restarts it */
	bool mute;		    /* its guest did not answer the last time it was asked */
	struct {
		struct restart_policy policy;
		uint64_t due_usec; /* when to start it, monotonic; UINT64_MAX: that is being done */
		uint64_t delay_usec; /* the last pause before a start; 0: none yet */
	} restart;
	struct health health;
	struct {
		bool up;     /* there is a machine for its files; never while it runs */
		bool mounts; /* this machine has the container's mounts, too */
		bool filled; /* its volumes have got what the image has for them */
		int hold_fd; /* connection that holds the machine; -1: it is being ended */
		unsigned users;
	} files;
	unsigned attaching;    /* clients that are told 101 at this moment */
	char template[64 + 1]; /* that the machine was to be restored from; "": none */
	struct trace trace;    /* steps of the last start */
	struct container_disk_errors disk_errors; /* since the last start */
	bool disk_full;			/* the host has no room left for its writable layer */
	uint64_t ends;			/* how often the container has ended since moatd began */
	struct attachment *attachments; /* clients that attached before the start */
	struct exec *execs;

	/* In the order in which they are taken, before the table's lock. */
	pthread_mutex_t op;	/* held over a start, a rename, a removal */
	pthread_mutex_t saving; /* held while @rec is written to the database */
};

/* The table, and what operations on containers need. */
struct containers {
	pthread_mutex_t lock;
	struct container *first; /* newest first */
	size_t n;
	unsigned recovering; /* threads of containers_recover(), and itself; under the lock */
	pthread_cond_t left_recovery; /* one of them has; goes with the lock */

	/* Borrowed, and there before the first container. */
	const char *root; /* the data root, absolute */
	struct state *state;
	struct hub *hub;
	struct store *images;
	struct loop *loop; /* main thread */
	struct machines *machines;
	struct networks *networks;
	struct secrets *secrets;
	struct volumes *volumes;

	/* Owned. */
	int dir_fd; /* $ROOT/containers */
	struct watcher *watcher;
	struct restarter *restarter;
	struct prober *prober;
};

void containers_init(struct containers *t);
void containers_destroy(struct containers *t);

/**
 * container_new() - make an object that is not in the table yet
 * @t:     the table it is for
 * @rec:   moved
 * @texts: borrowed; labels, arguments and the like are read from it
 * @ret:   one reference, owned by the caller
 *
 * Return: 0; -EBADMSG with a message; -ENOMEM.
 */
int container_new(struct containers *t, struct record *rec, const struct texts *texts,
		  struct container **ret, struct err *err);

/** container_ref(), container_unref() - take and give up a reference; the latter accepts NULL; both
 * take the table's lock */
struct container *container_ref(struct container *c);
void container_unref(struct container *c);

DEFINE_CLEANUP(struct container, container_unref)
#define cleanup_container cleanup(container_unref_cleanup_fn)

/** container_shim() - the shim of the machine that the container runs in, or ran in last; valid as
 * long as the container */
static inline struct shim_ref container_shim(const struct container *c)
{
	return (struct shim_ref){ c->table->dir_fd, c->machine_path, c->rec.id };
}

/** container_files_shim() - the shim of the machine that is there for the container's files alone
 */
static inline struct shim_ref container_files_shim(const struct container *c)
{
	return (struct shim_ref){ c->table->dir_fd, c->files_path, c->rec.id };
}

/** container_is() - is the container in one of these states?  Under the table's lock. */
static inline bool container_is(const struct container *c, unsigned states)
{
	return states & (1u << c->state);
}

/** container_is_now() - as container_is(), without the lock */
bool container_is_now(const struct container *c, unsigned states);

/** container_is_held() - is there a machine for the files of the container (hold.h)? */
bool container_is_held(const struct container *c);

/**
 * container_enter() - change the state, and with it what the row says; under the table's lock
 *
 * Only this function decides which state may follow which.
 *
 * Return: false when @to may not follow the present state; nothing has changed then.
 */
bool container_enter(struct container *c, enum container_state to);

/** container_at_rest() - the state where nothing of the container runs: created, or exited; under
 * the table's lock */
enum container_state container_at_rest(const struct container *c);

/** container_shown() - the state as users see it: while it starts, the state before; under the
 * table's lock */
enum container_state container_shown(const struct container *c);

/** container_is_running(), container_is_paused() - at this moment; a paused container runs, too */
bool container_is_running(const struct container *c);
bool container_is_paused(const struct container *c);

/** container_ends() - how often the container has ended since moatd began */
uint64_t container_ends(const struct container *c);

/** container_condition - asks something of a container, under the table's lock.  @arg: as given to
 * container_wait() */
typedef bool (*container_condition)(const struct container *c, const void *arg);

/**
 * container_wait() - sleep until a condition holds
 * @timeout_msec: -1 waits for ever
 * @client_fd:    a client that may go away meanwhile; -1: none
 *
 * Whoever makes a condition true publishes an event, or calls hub_wake().
 *
 * Return: 0; -ETIMEDOUT; -EPIPE when the client closed its connection; -errno.
 */
int container_wait(const struct container *c, container_condition is_so, const void *arg,
		   int timeout_msec, int client_fd);
