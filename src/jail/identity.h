/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The calls of a process on its way into a jail that concern who it is.
 */

/** identity_choose() - the user a jail started by process @starter runs as; our own where we are
 * not root */
uid_t identity_choose(pid_t starter);

/**
 * identity_unshare() - namespaces of its own for mounts, network, IPC and host name; without
 * root inside a user namespace where only our own user exists
 *
 * Return: 0; -EPERM where the host does not permit it (whatever the reason); -errno with a message.
 */
int identity_unshare(struct err *err);

/** identity_drop() - become @uid, without any capability or further group, for ever.  Return: 0;
 * -errno with a message. */
int identity_drop(uid_t uid, struct err *err);
