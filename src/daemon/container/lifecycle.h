/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/daemon.h"

/*
 * What clients do to containers.  Called by handler threads; everything here may block, with a
 * deadline.
 */

struct create_request {
	const char *name;     /* as the client gave it; NULL: choose one */
	const char *platform; /* NULL: whatever the image is for */
	const json_t *body;
};

/**
 * container_create() - make a container
 * @ret:          a reference, owned
 * @ret_warnings: owned vector; may stay NULL
 *
 * Return: 0; -ENOENT no such image; -EEXIST the name is taken; -EINVAL, -EBADMSG, -EOPNOTSUPP as
 * config.h has it; -errno, each with docker's message where it has one.
 */
int container_create(struct daemon *d, const struct create_request *rq, struct container **ret,
		     char ***ret_warnings, struct err *err);

/**
 * container_start() - boot a machine and run the container's process in it
 *
 * Return: 0 when it runs and that is on the disk; -EALREADY when it runs already; -ENOENT when it
 * is removed; -EINVAL when the process cannot be executed; -errno; with a message.
 */
int container_start(struct daemon *d, struct container *c, struct err *err);

/**
 * container_start_again() - as container_start(), for a restart policy
 *
 * Nothing happens when somebody started, stopped or removed the container meanwhile.
 *
 * Return: 0; as container_start().
 */
int container_start_again(struct daemon *d, struct container *c, struct err *err);

/**
 * container_stop() - ask the process to end, then end it
 * @signo:       0: the container's stop signal
 * @timeout_sec: between the signal and SIGKILL; negative waits for ever
 *
 * Return: 0; -EALREADY when it does not run; -ETIMEDOUT with a message.
 */
int container_stop(struct daemon *d, struct container *c, int signo, int timeout_sec,
		   struct err *err);

/**
 * container_kill() - send a signal; SIGKILL also waits for the end
 *
 * Return: 0; -EBUSY with docker's message when it does not run; -errno with a message.
 */
int container_kill(struct daemon *d, struct container *c, int signo, struct err *err);

/**
 * container_pause(), container_unpause() - stop the machine's vCPUs, and let them go on
 *
 * Return: 0 when it is so; -EBUSY with docker's message when it does not run, or there is nothing
 * to do; -errno with a message.
 */
int container_pause(struct daemon *d, struct container *c, struct err *err);
int container_unpause(struct daemon *d, struct container *c, struct err *err);

/** container_is_paused() */
bool container_is_paused(struct daemon *d, const struct container *c);

/** container_restart() - stop, if it runs, and start.  Return: as the two. */
int container_restart(struct daemon *d, struct container *c, int timeout_sec, struct err *err);

/** container_remove() - @force: also when it runs.  Return: 0; -EBUSY with docker's message; -errno
 * with a message. */
int container_remove(struct daemon *d, struct container *c, bool force, struct err *err);

/** container_rename() - Return: 0; -EINVAL, -EEXIST with docker's message; -errno with a message.
 */
int container_rename(struct daemon *d, struct container *c, const char *name, struct err *err);

/**
 * container_update() - another restart policy, and other limits where it does not run
 * @body: docker's update request
 *
 * Return: 0; -EINVAL, -EBADMSG, -EOPNOTSUPP with a message; -errno with a message.
 */
int container_update(struct daemon *d, struct container *c, const json_t *body, struct err *err);

/** container_is_running() */
bool container_is_running(struct daemon *d, const struct container *c);

/** container_wait_end() - until it ended more often than @ends times.  Return: 0; -ETIMEDOUT;
 * -errno. */
int container_wait_end(struct daemon *d, const struct container *c, uint64_t ends,
		       int timeout_msec);

/** lifecycle_recover() - at the start of moatd: load the table, believe shims and exit.json, remove
 * leftovers.  Return: 0; -errno with a message. */
int lifecycle_recover(struct daemon *d, struct err *err);
