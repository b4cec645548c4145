/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The moat-net that runs, or ran last.  There are no locks: the keeper lets nobody else in while
 * one of these functions changes it, as all do but netprocess_hear().
 */
struct netprocess {
	const char *dir;  /* $ROOT/net, absolute; borrowed */
	int dir_fd;	  /* the same; borrowed */
	int namespace_fd; /* its network namespace, kept when it has died; -1: none */
	int watch_fd; /* on which it tells events; -1: it does not run, or is known to have died */
	pid_t pid;    /* to be reaped; 0: it is no child of ours */
	uint64_t started_usec;
};

#define NETPROCESS_NONE ((struct netprocess){ .dir_fd = -1, .namespace_fd = -1, .watch_fd = -1 })

/** netprocess_reset() - close all descriptors; moat-net goes on */
void netprocess_reset(struct netprocess *p);

/** netprocess_greet() - connect to a moat-net that runs.  Return: 0; -ECONNREFUSED when none does;
 * -EPROTO when it is of another version; -errno; with a message. */
int netprocess_greet(struct netprocess *p, struct err *err);

/** netprocess_launch() - start a moat-net, in the namespace of the one before it.  Return: 0;
 * -errno with a message. */
int netprocess_launch(struct netprocess *p, struct err *err);

/** netprocess_forget() - forget one that has died, or is to */
void netprocess_forget(struct netprocess *p);

/** netprocess_hear() - receive what it tells on its own, without waiting.  @ret: owned; NULL:
 * nothing came.  Return: the length; -EPIPE when it has died; -ENOMEM. */
ssize_t netprocess_hear(const struct netprocess *p, char **ret);
