/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "jail/jail.h"

/*
 * A zygote is a jailed program that is forked, with all its threads, after it has done what every
 * one of its kind begins with.  It has run only code of moat's own, and so keeps some privileges:
 * to make process namespaces, and to change its user.  A forked process gives them up, and is in a
 * jail as narrow as if it had been started in one: a user, a process namespace, a control group and
 * a filter of its own.  Its files are its own, too, but for those that nobody writes to.  Processes
 * forked of one zygote have the same addresses: address space is not randomized again.
 */

#define JAIL_ZYGOTE_LIBRARY "moat-zygote.so" /* beside the programs of moat */

/** zygote_filter() - write the filter for forks of a zygote into a file.  @ret_fd: owned.  Return:
 * 0; -errno with a message. */
int zygote_filter(const struct jail *j, int *ret_fd, struct err *err);

/** zygote_setting() - make jail.setting: the numbers that the zygote's socket and the filter have
 * in it.  Return: owned; NULL. */
char *zygote_setting(int socket_fd, int filter_fd);

/** zygote_check() - has the program become a zygote?  @fd: its socket, on which nobody has asked
 * for a fork yet.  Return: 0; -ENOTSUP, -errno with a message: it runs, but cannot be forked. */
int zygote_check(int fd, struct err *err);

/* A descriptor that takes the number of one of the zygote's. */
struct zygote_move {
	int fd; /* borrowed */
	int to;
};

/* A fork to be made. */
struct zygote_fork {
	int fd;		      /* of the zygote's socket; borrowed */
	const struct jail *j; /* bounds of the forked process */
	const struct zygote_move *moves;
	size_t n_moves;
	int timeout_msec; /* for each of its answers */
};

/* A forked process.  The zygote is its parent, so nobody else can reap it. */
struct zygote_child {
	pid_t pid;
	int pidfd;   /* owned */
	int life_fd; /* owned; the process ends when it is closed */
	struct jail_group group;
};

/**
 * zygote_fork() - have a process forked of a zygote
 *
 * Several callers may use one zygote at the same time.
 *
 * Return: 0; -EPERM where the host refuses process namespaces; -ETIMEDOUT, -EPIPE, -errno; with a
 * message, and no process.
 */
int zygote_fork(const struct zygote_fork *f, struct zygote_child *ret, struct err *err);
