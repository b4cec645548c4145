/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/*
 * Talking to the kernel about links, addresses and routes (rtnetlink(7)), over libmnl.  A socket
 * speaks of the network namespace it was made in, wherever its owner is later.
 */

struct netlink;

/** netlink_new() - open a socket.  @ret: owned, netlink_free().  Return: 0; -errno. */
int netlink_new(struct netlink **ret);

void netlink_free(struct netlink *nl);

DEFINE_CLEANUP(struct netlink, netlink_free)
#define cleanup_netlink cleanup(netlink_free_cleanup_fn)

#define NETLINK_ROOM 2048

/* A request that is being written. */
struct netlink_request {
	struct nlmsghdr *head;
	_Alignas(8) char room[NETLINK_ROOM];
};

/**
 * netlink_begin() - begin a request
 * @flags: NLM_F_CREATE and the like, beside those of every request
 *
 * Return: its fixed part of @size bytes, zeroed.
 */
void *netlink_begin(struct netlink_request *rq, uint16_t type, uint16_t flags, size_t size);

/** netlink_call() - send a request and wait for the kernel's answer.  Return: 0; -errno. */
int netlink_call(struct netlink *nl, struct netlink_request *rq);

/** @head: one message of the answer.  Return: 0; -errno, which ends it. */
typedef int (*netlink_fn)(const struct nlmsghdr *head, void *arg);

/** netlink_dump() - send a request whose answer is a list, and call @fn for each when all is there.
 * Return: 0; -errno; what @fn returned. */
int netlink_dump(struct netlink *nl, struct netlink_request *rq, netlink_fn fn, void *arg);

/** netlink_monitor() - open a socket that becomes readable when the kernel's tables change.
 * @protocol: NETLINK_ROUTE or another; @groups: of that, RTNLGRP_LINK and the like; @ret_fd: owned,
 * non-blocking.  Return: 0; -errno. */
int netlink_monitor(int protocol, const int *groups, size_t n, int *ret_fd);

/** netlink_drain() - throw away what a monitor has received */
void netlink_drain(int fd);

/* Goes over the attributes of a message behind its fixed part of @size bytes. */
#define netlink_each_attr(attr, head, size)                                                        \
	for ((attr) = mnl_nlmsg_get_payload_offset((head), (size));                                \
	     mnl_attr_ok((attr), (int)((const char *)mnl_nlmsg_get_payload_tail(head) -            \
				       (const char *)(attr)));                                     \
	     (attr) = mnl_attr_next(attr))
