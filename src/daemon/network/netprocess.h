/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The moat-net that runs, or ran last.  No locks: the keeper sees to it that nobody else looks
 * while one of these changes it, which all do but netprocess_hear().
 */
struct netprocess {
	const char *dir;  /* $ROOT/net, absolute; borrowed */
	int dir_fd;	  /* the same; borrowed */
	int namespace_fd; /* its network namespace; stays when it has died; -1 */
	int watch_fd;	  /* on which it tells; -1: there is none, or it is known to have died */
	pid_t pid;	  /* to be reaped; 0: it is no child */
	uint64_t started_usec;
};

#define NETPROCESS_NONE ((struct netprocess){ .dir_fd = -1, .namespace_fd = -1, .watch_fd = -1 })

/** netprocess_reset() - it goes on */
void netprocess_reset(struct netprocess *p);

/** netprocess_greet() - say hello to the one that is there.  Return: 0; -ECONNREFUSED when there is
 * none; -EPROTO when it is of another version; -errno; with a message. */
int netprocess_greet(struct netprocess *p, struct err *err);

/** netprocess_launch() - start one, in the namespace of the one before it.  Return: 0; -errno with
 * a message. */
int netprocess_launch(struct netprocess *p, struct err *err);

/** netprocess_forget() - it has died, or is to */
void netprocess_forget(struct netprocess *p);

/** netprocess_hear() - what it tells on its own, if there is anything now.  @ret: owned; NULL:
 * nothing.  Return: the length; -EPIPE when it has died; -ENOMEM. */
ssize_t netprocess_hear(const struct netprocess *p, char **ret);
