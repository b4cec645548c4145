/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/* Talking to one moat-shim (docs/SHIM.md). The shim is ours, but what it reports came from a guest.
 */

#define SHIM_PACKET_MAX		(128u << 10)
#define SHIM_TIMEOUT_MSEC	10000
#define SHIM_START_TIMEOUT_MSEC 90000
#define SHIM_EXEC_TIMEOUT_MSEC	35000 /* longer than the shim gives the guest */
#define SHIM_DISKS_MSEC		30000 /* for who needs a machine's disks until they are clean */

struct shim_launch {
	const char *program; /* absolute path of moat-shim */
	const char *dir;     /* the container's folder, or the template's; absolute */
	int dir_fd;	     /* the same; borrowed */
	int memory_fd;	     /* of a template, borrowed; -1: the machine is booted */
	int state_fd;	     /* the same; -1 with @memory_fd: the template is to be made */
};

/**
 * shim_spawn() - make the socket and execute moat-shim
 * @ret_pid: to be reaped by the caller
 *
 * Return: 0; -errno with a message.
 */
int shim_spawn(const struct shim_launch *l, pid_t *ret_pid, struct err *err);

/** shim_spawn_maker() - execute moat-shim to make a template.  As shim_spawn(). */
int shim_spawn_maker(const struct shim_launch *l, pid_t *ret_pid, struct err *err);

/** shim_spawn_spare() - execute moat-shim to have a machine ready.  @ret_fd: a socket to it, owned.
 * As shim_spawn(). */
int shim_spawn_spare(const struct shim_launch *l, int *ret_fd, pid_t *ret_pid, struct err *err);

/** shim_listen() - the control socket of a container's folder, for a shim to accept from.  Return:
 * 0; -errno. */
int shim_listen(int dir_fd, int *ret_fd);

/** shim_connect() - a connection to the shim of a container's folder.  Return: 0; -ECONNREFUSED or
 * -ENOENT when there is none; -EAGAIN when it takes no connections any more; -errno. */
int shim_connect(int containers_fd, const char *id, int *ret_fd);

struct shim_call {
	int containers_fd; /* borrowed */
	const char *id;	   /* of the container */
	json_t *request;   /* taken over; NULL counts as out of memory */
	int send_fd;	   /* borrowed; -1: none */
	int timeout_msec;
};

/**
 * shim_request() - one request and its answer
 * @ret: the whole answer, owned; may be NULL
 *
 * Return: 0; the negative errno of an answer that says no, with its message; -ETIMEDOUT;
 * -ECONNREFUSED with a message when the shim is gone, or ended before it answered; -EBADMSG;
 * -errno.
 */
int shim_request(const struct shim_call *call, json_t **ret, struct err *err);

/** shim_ask() - a request that is one word.  As shim_request(). */
int shim_ask(int containers_fd, const char *id, const char *op, int timeout_msec, json_t **ret,
	     struct err *err);

/**
 * shim_end() - kill a shim that does not answer; its machine ends with it
 *
 * Return: 0; -ESRCH when there is none; -errno.
 */
int shim_end(int containers_fd, const char *id);

/**
 * shim_ask_end() - have a machine ended by a request, "kill" or "shutdown"
 *
 * A shim that does not even take the request is killed, and its machine with it.
 *
 * Return: 0 when the end is on its way; -ECONNREFUSED with a message when the shim is gone; -errno
 * with a message.
 */
int shim_ask_end(int containers_fd, const char *id, const char *op, struct err *err);

/**
 * shim_finish() - the container has ended: let its machine make its disks clean
 * @timeout_msec: then it is ended as it is
 *
 * Return when it is gone, or about to be.
 */
void shim_finish(int containers_fd, const char *id, int timeout_msec);

/* How a container ended: exit.json, and the event "exited". */
struct shim_exit {
	int code;
	bool oom;
	char error[512];
	int64_t started_nsec;
	int64_t finished_nsec;
};

/** shim_read_exit() - from an event or a parsed exit.json.  Return: 0; -EBADMSG with a message. */
int shim_read_exit(const json_t *obj, struct shim_exit *ret, struct err *err);

/** shim_load_exit() - exit.json of a container.  Return: 0; -ENOENT; -EBADMSG; -errno. */
int shim_load_exit(int containers_fd, const char *id, struct shim_exit *ret);
