/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/networks.h"
#include "net/client.h"

/*
 * Keeps moat-net: finds the one of an earlier moatd, starts one when it is needed, starts another
 * when it dies, and has it told everything.
 */
struct keeper;

/* How often something is told that moat-net did not live to hear. */
#define KEEPER_ATTEMPTS 3

/**
 * keeper_open() - Return: 0; -errno with a message.  One that runs already is found; none is
 * started
 * @ret: owned, keeper_close()
 */
int keeper_open(struct networks *nets, int root_fd, struct keeper **ret, struct err *err);

/** keeper_close() - NULL is accepted; moat-net goes on */
void keeper_close(struct keeper *k);

/** keeper_check() - can containers have networks here?  Return: 0; -EACCES, -ENOENT with a message
 * that says why not, and what to do. */
int keeper_check(struct keeper *k, struct err *err);

/**
 * keeper_enter() - begin to talk to a moat-net that is there and knows all
 *
 * It is the same one until keeper_leave(); others may talk to it, too.  Not to be nested.
 *
 * Return: 0, or -errno with a message, and then it is not entered.
 */
int keeper_enter(struct keeper *k, struct err *err);

/** keeper_enter_running() - the same where one runs.  Return: false when none does, and then it is
 * not entered. */
bool keeper_enter_running(struct keeper *k);

void keeper_leave(struct keeper *k);

/** keeper_ask() - one request, while it is entered.  @ret: NULL: the answer does not matter.
 * Return: as net_call(). */
int keeper_ask(struct keeper *k, const struct net_request *rq, struct net_result *ret,
	       struct err *err);

/** keeper_ask_with() - the same with a descriptor that goes along; borrowed */
int keeper_ask_with(struct keeper *k, const struct net_request *rq, int fd, struct net_result *ret,
		    struct err *err);

/** keeper_post() - slots of a tap that are not used any more (a bit each); @whole: nor is the tap,
 * as its machine has ended.  Returns at once; it is told before anything else is. */
void keeper_post(struct keeper *k, const char *tap, unsigned slots, bool whole);

/** keeper_post_ports() - a container's ports are not published any more.  As keeper_post(). */
void keeper_post_ports(struct keeper *k, const char *id);

/** keeper_await_ports() - ports that were posted are given up when this returns, where moat-net
 * runs.  @id: of the container; NULL: those of all */
void keeper_await_ports(struct keeper *k, const char *id);

/** keeper_tap() - a tap for a machine.  @ret_fd: owned.  Return: 0; as keeper_check(); -errno with
 * a message. */
int keeper_tap(struct keeper *k, int *ret_fd, char ret_name[NET_TAP_MAX + 1], struct err *err);

/** keeper_lead() - a descriptor of a tap that is in use, from before this moatd: where moat-net has
 * died since, it leads to the namespace.  @fd: borrowed */
void keeper_lead(struct keeper *k, int fd);

/** keeper_settle() - this moatd knows of everything that runs: so does moat-net when it has been
 * told of all */
void keeper_settle(struct keeper *k);

/** keeper_status() - what moat-net says of itself; owned; NULL where it does not run */
json_t *keeper_status(struct keeper *k);

/** keeper_shutdown() - moatd ends: where no container runs, so does moat-net */
void keeper_shutdown(struct keeper *k);
