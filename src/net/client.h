/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "net/answer.h"

/*
 * Talking to moat-net (docs/NET.md).  It is known by the folder its socket is in, $ROOT/net; which
 * is borrowed everywhere here.
 */

#define NET_SOCKET_FILE "net.sock"
#define NET_LOG_FILE	"net.log"

#define NET_TIMEOUT_MSEC 20000

struct net_launch {
	const char *program; /* absolute path of moat-net */
	const char *dir;     /* $ROOT/net, absolute */
	int dir_fd;	     /* the same */
	int namespace_fd; /* leads to the network namespace of one that ended: itself, or a tap in
			     it; -1: a new one is made */
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

/** net_kill() - end the one that is there, whoever started it; returns at once */
void net_kill(int dir_fd);

struct net_call {
	const struct net_request *request; /* borrowed, and all in it */
	int fd;				   /* goes along; borrowed; -1: none */
	int timeout_msec;		   /* more where it only waits for a processor */
};

/* What a call brings; net_result_reset(). */
struct net_result {
	struct net_answer answer;
	json_t *json; /* all of it */
	int fd;	      /* that came along; -1: none */
};

#define NET_RESULT_INIT ((struct net_result){ .fd = -1 })

void net_result_reset(struct net_result *result);

/**
 * net_call() - one request and its answer
 * @ret: filled where all went well; NULL: nobody wants it
 *
 * Return: 0; the negative errno of an answer that says no, with its message; -ECONNREFUSED with a
 * message when moat-net is gone, or ended before it answered; -ETIMEDOUT; -EBADMSG; -errno.
 */
int net_call(int dir_fd, const struct net_call *call, struct net_result *ret, struct err *err);

/** net_hello() - @ret_namespace: a descriptor of moat's network namespace, owned; for net_launch.
 * Return: 0; -EPROTO when it is of another version; as net_call(). */
int net_hello(int dir_fd, int *ret_namespace, struct err *err);

/** net_tap() - @ret_fd: owned.  Return: as net_call(). */
int net_tap(int dir_fd, int *ret_fd, char ret_name[NET_TAP_MAX + 1], struct err *err);

/** net_watch() - a connection on which events come, each one packet.  Return: as net_call(). */
int net_watch(int dir_fd, int *ret_fd, struct err *err);
