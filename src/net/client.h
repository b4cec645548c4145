/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "net/answer.h"

/*
 * Talking to moat-net (docs/NET.md).  A moat-net is known by the folder of its socket, $ROOT/net,
 * whose descriptor is borrowed everywhere here.
 */

#define NET_SOCKET_FILE "net.sock"
#define NET_LOG_FILE	"net.log"

#define NET_TIMEOUT_MSEC 20000

struct net_launch {
	const char *program; /* absolute path of moat-net */
	const char *dir;     /* $ROOT/net, absolute */
	int dir_fd;	     /* the same folder */
	int namespace_fd;    /* the network namespace of a moat-net that ended, or a tap in it; -1:
				make a new one */
};

/**
 * net_spawn() - make the socket and execute moat-net
 * @ret_pid: to be reaped by the caller
 *
 * Requests may be sent as soon as this returns.
 *
 * Return: 0; -errno with a message.
 */
int net_spawn(const struct net_launch *l, pid_t *ret_pid, struct err *err);

/** net_kill() - end the moat-net that is there, whoever started it; returns at once.  A process of
 * another name is left alone. */
void net_kill(int dir_fd);

struct net_call {
	const struct net_request *request; /* borrowed, with everything in it */
	int fd;				   /* goes with the request; borrowed; -1: none */
	int timeout_msec; /* more is given where moat-net only waits for a processor */
};

/* The answer to a call; net_result_reset(). */
struct net_result {
	struct net_answer answer;
	json_t *json; /* the whole answer */
	int fd;	      /* came with the answer; -1: none */
};

#define NET_RESULT_INIT ((struct net_result){ .fd = -1 })

void net_result_reset(struct net_result *result);

/**
 * net_call() - send a request and wait for its answer
 * @ret: filled where all went well; NULL: nobody wants it
 *
 * Return: 0; the negative errno of an answer that says no, with its message; -ECONNREFUSED with a
 * message when moat-net is gone, or ended before it answered; -ETIMEDOUT; -EBADMSG; -errno.
 */
int net_call(int dir_fd, const struct net_call *call, struct net_result *ret, struct err *err);

/** net_hello() - ask for the version, and for moat's network namespace.  @ret_namespace: a
 * descriptor of it, owned; for net_launch.  Return: 0; -EPROTO when moat-net is of another version;
 * as net_call(). */
int net_hello(int dir_fd, int *ret_namespace, struct err *err);

/** net_tap() - ask for a tap.  @ret_fd: owned.  Return: as net_call(). */
int net_tap(int dir_fd, int *ret_fd, char ret_name[NET_TAP_MAX + 1], struct err *err);

/** net_watch() - ask for events.  @ret_fd: a connection on which each comes as one packet; owned.
 * Return: as net_call(). */
int net_watch(int dir_fd, int *ret_fd, struct err *err);
