/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * idmap_enter() - become root of a user namespace of one's own, without being root
 * @flags: further namespaces of unshare(2)
 *
 * Root in there is the user; other ids are those of /etc/subuid and /etc/subgid, where newuidmap(1)
 * and newgidmap(1) can map them.  Ids that are not mapped are nobody's.
 *
 * Return: 0; -EPERM where the host does not permit user namespaces; -errno with a message.
 */
int idmap_enter(int flags, struct err *err);
