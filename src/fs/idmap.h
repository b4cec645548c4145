/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * idmap_enter() - without root: become root of a user namespace of one's own
 * @flags: further namespaces of unshare(2)
 *
 * Root there is the user; others are those of /etc/subuid and /etc/subgid, where newuidmap(1) and
 * newgidmap(1) can map them.  Those that are not mapped are nobody's.
 *
 * Return: 0; -EPERM where the host does not permit user namespaces; -errno with a message.
 */
int idmap_enter(int flags, struct err *err);
