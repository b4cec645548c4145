/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/answer.h"
#include "control/event.h"

/* Talking to one moat-shim (docs/CONTROL.md). The shim is ours, but what it reports came from a
 * guest.
 */

#define SHIM_TIMEOUT_MSEC 10000
/* Longer than the shim waits for the engine, also on a busy host: giving up earlier would lose a
 * machine that only waits for a processor. */
#define SHIM_ADD_TIMEOUT_MSEC	90000 /* a machine that cannot be restored is booted */
#define SHIM_START_TIMEOUT_MSEC 300000
#define SHIM_FILES_TIMEOUT_MSEC 90000
#define SHIM_EXEC_TIMEOUT_MSEC	35000 /* longer than the shim gives the guest */
#define SHIM_DISKS_MSEC		30000 /* how long machines may take to clean their disks */

/* A shim is known by its machine's folder, in which its socket is. */
struct shim_ref {
	int dir_fd;	       /* borrowed */
	const char *name;      /* of the folder in there, or of a link to it; borrowed */
	const char *container; /* name in requests that have none; borrowed; NULL: none */
};

/** shim_listen() - make the control socket of a machine's folder, for its shim to accept from.
 * Return: 0; -errno. */
int shim_listen(int dir_fd, int *ret_fd);

/** shim_connect() - connect to a shim.  Return: 0; -ECONNREFUSED or -ENOENT when there is none;
 * -EAGAIN when it takes no connections any more; -errno. */
int shim_connect(struct shim_ref shim, int *ret_fd);

/** shim_send() - connect and send a request; the answer is left to the caller.  @fd: goes along
 * unless it is -1; borrowed.  Return: as shim_connect(). */
int shim_send(struct shim_ref shim, const struct control_request *rq, int fd, int *ret_fd);

/** shim_watch() - open a connection on which events come.  Return: as shim_connect(). */
int shim_watch(struct shim_ref shim, int *ret_fd);

/** shim_hold() - open a connection that keeps the machine there until it is closed.  Return: 0; as
 * shim_call(). */
int shim_hold(struct shim_ref shim, int *ret_fd, struct err *err);

struct shim_call {
	struct control_request request; /* its pointers are borrowed */
	int fd;				/* goes along; borrowed; -1: none */
	const int *secrets_fd;		/* CONTROL_ADD with secrets; NULL: none */
	const int *share_fd; /* CONTROL_ADD: of the file server; NULL or -1: there is none */
	int timeout_msec;
};

/**
 * shim_call() - send a request, and await its answer
 * @ret: the whole answer (answer.h), owned; may be NULL
 *
 * Return: 0; the negative errno of an answer that says no, with its message; -ETIMEDOUT;
 * -ECONNREFUSED with a message when the shim is gone, or ended before it answered; -EBADMSG;
 * -errno.
 */
int shim_call(struct shim_ref shim, const struct shim_call *call, json_t **ret, struct err *err);

/** shim_ask() - send a request without parameters, and await its answer.  As shim_call(). */
int shim_ask(struct shim_ref shim, enum control_op op, int timeout_msec, json_t **ret,
	     struct err *err);

/**
 * shim_tap() - get the tap that the machine's NIC hangs on
 * @ret_fd:   owned
 * @ret_name: untouched on failure, as is @ret_fd
 *
 * Return: as shim_call(); -ENODEV where it has none.
 */
int shim_tap(struct shim_ref shim, int *ret_fd, char ret_name[CONTROL_TAP_MAX + 1],
	     struct err *err);

/** shim_status() - ask what counts now.  @ret: EVENT_STATE, control_event_reset().  As shim_call().
 */
int shim_status(struct shim_ref shim, int timeout_msec, struct control_event *ret, struct err *err);
