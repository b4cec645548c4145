/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/*
 * Processes beside the container's own.  Making an exec checks and remembers what is to run; then
 * it is started once.
 */

/* Limits of what is remembered: execs that were started, execs that never were, and bytes of their
 * requests.  The oldest are forgotten first, and those that run never. */
#define EXECS_MAX	256u
#define EXECS_MAX_BYTES (8u << 20)

struct exec {
	char id[ID_LEN + 1];
	struct exec *next;
	json_t *body; /* the exec request; NULL for one found after a restart of moatd */
	struct oci_process *process; /* NULL once the exec was started */
	size_t bytes;		     /* of the request's text */
	bool tty, open_stdin, attach_stdout, attach_stderr;
	char *detach_keys; /* owned; NULL: the default */
	bool started, running;
	bool launched; /* the shim knows the exec, or refused it */
	int code;
};

/** exec_free() - NULL is accepted */
void exec_free(struct exec *e);

/** container_exec() - find an exec by its id; borrowed under the table's lock; NULL */
struct exec *container_exec(const struct container *c, const char *id);

/** container_add_exec() - remember an exec, and forget old ones beyond the limits; under the
 * table's lock; takes @e over */
void container_add_exec(struct container *c, struct exec *e);

/** exec_allowed() - can an exec be made or started now?  Under the table's lock.  Return: 0; -EBUSY
 * with docker's message. */
int exec_allowed(const struct container *c, struct err *err);

/** exec_publish() - publish an event as docker has it, "exec_start: sh -c true"; @what:
 * "exec_start" */
void exec_publish(struct container *c, const char *what, const char *exec_id);

/** container_exec_ids() - the ids of execs that run.  Return: an array, owned; NULL for none. */
json_t *container_exec_ids(const struct container *c);

/** container_process() - make the process that an exec request describes.  @ret: owned.  Return: 0;
 * -EINVAL, -EBADMSG with a message; -errno with a message. */
int container_process(const struct container *c, const json_t *body, struct oci_process **ret,
		      struct err *err);

/**
 * exec_create() - make an exec
 * @body:   docker's request; borrowed
 * @bytes:  of its text
 * @ret_id: its id
 *
 * Return: 0; -EBUSY with docker's message when the container does not run, or is paused; as
 * container_process().
 */
int exec_create(struct container *c, json_t *body, size_t bytes, char ret_id[ID_LEN + 1],
		struct err *err);

/** exec_describe() - docker's answer about an exec, as its shim knows it now.  Return: owned; NULL
 * when out of memory, or where it was forgotten. */
json_t *exec_describe(struct container *c, const char *id);
