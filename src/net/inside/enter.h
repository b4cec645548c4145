/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* How the inside process gets to where it works, and gives up what it does not need. */

/**
 * enter_fork() - make a process in network, mount, process, IPC and host name namespaces of its
 * own, in a user namespace, too, where we are not root
 * @namespace_fd: leads to the network namespace to take instead of a new one: itself, or a tap in
 *                it; -1: a new one
 *
 * Returns twice, in the new process and in the one that called.  The new one is process 1 of its
 * namespace, so whatever it starts ends with it.
 *
 * Return: 0 in the new process; 1 in the caller; -errno with a message in either.
 */
int enter_fork(int namespace_fd, struct err *err);

/**
 * enter_narrow() - give up what is not needed to keep networks: see little of the host's files, be
 * a user of our own, have the capabilities over networks alone
 * @uid: the user to be, where we are root
 *
 * Return: 0; -errno with a message.
 */
int enter_narrow(uid_t uid, struct err *err);
