/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/networks.h"
#include "net/client.h"

/*
 * Keeps moat-net: finds the one of an earlier moatd, starts one when it is needed and another when
 * it dies, and tells it everything.
 */
struct keeper;

/* How often a request is repeated that moat-net did not live to answer. */
#define KEEPER_ATTEMPTS 3

/** keeper_check() - can containers have networks here?  Return: 0; -EACCES, -ENOENT with a message
 * that says why not, and what to do. */
int keeper_check(struct keeper *k, struct err *err);

/**
 * keeper_enter() - begin to talk to a moat-net that runs and knows everything
 *
 * It is the same one until keeper_leave(); others may talk to it, too.  Calls cannot be nested.
 *
 * Return: 0, or -errno with a message, and then it is not entered.
 */
int keeper_enter(struct keeper *k, struct err *err);

/** keeper_enter_running() - as keeper_enter(), only where a moat-net runs.  Return: false when none
 * does, and then it is not entered. */
bool keeper_enter_running(struct keeper *k);

void keeper_leave(struct keeper *k);

/** keeper_ask() - send one request, while entered.  @ret: NULL: the answer is not needed.  Return:
 * as net_call(). */
int keeper_ask(struct keeper *k, const struct net_request *rq, struct net_result *ret,
	       struct err *err);

/** keeper_ask_with() - as keeper_ask(), with a descriptor that goes along; borrowed */
int keeper_ask_with(struct keeper *k, const struct net_request *rq, int fd, struct net_result *ret,
		    struct err *err);

/** keeper_post() - have slots of a tap (a bit each) given up, and with @whole the tap, as its
 * machine has ended.  Returns at once; moat-net is told before anything else. */
void keeper_post(struct keeper *k, const char *tap, unsigned slots, bool whole);

/** keeper_post_ports() - have a container's published ports given up.  As keeper_post(). */
void keeper_post_ports(struct keeper *k, const char *id);

/** keeper_await_ports() - wait until ports that were posted are given up, where moat-net runs.
 * @id: of the container; NULL: of all */
void keeper_await_ports(struct keeper *k, const char *id);

/** keeper_tap() - get a tap for a machine.  @ret_fd: owned.  Return: 0; as keeper_check(); -errno
 * with a message. */
int keeper_tap(struct keeper *k, int *ret_fd, char ret_name[NET_TAP_MAX + 1], struct err *err);

/** keeper_lead() - give the keeper a descriptor of a tap in use from before this moatd: it leads to
 * the namespace where moat-net has died.  @fd: borrowed */
void keeper_lead(struct keeper *k, int fd);

/** keeper_settle() - this moatd knows everything that runs: moat-net knows, too, when it was told
 * all */
void keeper_settle(struct keeper *k);

/** keeper_status() - ask moat-net for its state; owned; NULL where it does not run */
json_t *keeper_status(struct keeper *k);
