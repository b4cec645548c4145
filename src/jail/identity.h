/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "jail/jail.h"
#include "jail/late.h"

/* The user, capabilities and namespaces of a jailed process. */

struct identity {
	uid_t uid; /* of the starter */
	gid_t gid;
	uid_t target; /* the user the jail runs as; the starter's own where it is not root */
	bool apart; /* in a process namespace of its own; without root, in a user namespace, too */
	bool grouped; /* in the control group it was meant for */
};

/**
 * identity_fork() - make the process that a jail is made of
 * @group_fd:  the control group (version 2) it is born into; -1: the caller's
 * @zygote:    the process is a zygote, whose children outlive it: it gets no process namespace of
 *             its own
 * @ret:       what the child became, in both processes
 * @ret_pidfd: in the caller; owned, close-on-exec
 *
 * Where the host permits it, the child is process 1 of a namespace of its own: it knows no number
 * of any other process, and whatever it might start ends with it.
 *
 * Return: as fork(2), but -errno.
 */
pid_t identity_fork(int group_fd, bool zygote, struct identity *ret, int *ret_pidfd);

/**
 * identity_unshare() - enter new namespaces for mounts, network, IPC and host name; without root
 * inside a user namespace where only our own user exists
 *
 * Return: 0; -EPERM where the host does not permit it (whatever the reason); -errno with a message.
 */
int identity_unshare(const struct identity *who, struct err *err);

/** identity_drop() - become @uid, without any capability or further group, for ever.  Return: 0;
 * -errno with a message. */
int identity_drop(uid_t uid, struct err *err);

/** identity_own_uid() - as root, a user that nobody else is while this process lives; else our own
 * user */
uid_t identity_own_uid(void);

/**
 * identity_keep() - become @uid with some capabilities alone, for ever
 * @caps: numbers, CAP_NET_ADMIN and the like, programs that are executed have
 *        them, too
 *
 * Return: 0; -errno with a message.
 */
int identity_keep(uid_t uid, const int *caps, size_t n, struct err *err);

/** identity_late() - the user that a process forked of a zygote for us is to become */
void identity_late(const struct jail *j, struct jail_late *ret);
