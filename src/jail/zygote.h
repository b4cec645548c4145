/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "jail/jail.h"

/*
 * A zygote is a jailed program that is there to be forked, with all of its threads, after it has
 * done what every one of its kind begins with.  It has run nothing but what is moat's own, and so
 * keeps some privileges: to make process namespaces, and to change its user.  What is forked gives
 * them up, and is in a jail as narrow as if it had been started in one: a user, a process
 * namespace, a control group and a filter of its own.  Its files are its own, too, but for those
 * that nobody writes to.  Two that were forked of one zygote have the same addresses, which chance
 * does not choose anew for each.
 */

#define JAIL_ZYGOTE_LIBRARY "moat-zygote.so" /* beside the programs of moat */

/** zygote_filter() - the filter of what is forked of it, as a file.  @ret_fd: owned.  Return: 0;
 * -errno with a message. */
int zygote_filter(const struct jail *j, int *ret_fd, struct err *err);

/** zygote_setting() - for jail.setting: the numbers that the zygote's socket and the filter have
 * in it.  Return: owned; NULL. */
char *zygote_setting(int socket_fd, int filter_fd);

/** zygote_check() - whether the program has become a zygote.  @fd: of its socket, which nobody has
 * asked for a fork yet.  Return: 0; -ENOTSUP, -errno with a message: it runs, but cannot be forked.
 */
int zygote_check(int fd, struct err *err);

/* A descriptor for a number that one of the zygote's had. */
struct zygote_move {
	int fd; /* borrowed */
	int to;
};

/* Who forks, and what for. */
struct zygote_fork {
	int fd;		      /* of the zygote's socket; borrowed */
	const struct jail *j; /* bounds of what is forked */
	const struct zygote_move *moves;
	size_t n_moves;
	int timeout_msec; /* of each of its answers */
};

/* What was forked.  The zygote is its parent, so nobody else can reap it. */
struct zygote_child {
	pid_t pid;
	int pidfd;   /* owned */
	int life_fd; /* owned; the process ends when it is closed */
	struct jail_group group;
};

/**
 * zygote_fork() - have a zygote forked
 *
 * Several may ask the same one at once.
 *
 * Return: 0; -EPERM where the host refuses process namespaces; -ETIMEDOUT, -EPIPE, -errno; with a
 * message, and no process.
 */
int zygote_fork(const struct zygote_fork *f, struct zygote_child *ret, struct err *err);
