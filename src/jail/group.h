/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "jail/jail.h"

/**
 * group_make() - a control group with the bounds of a jail, in a folder for machines beside our own
 * @ret:         as JAIL_GROUP_NONE where there can be none; else jail_group_remove()
 * @ret_join_fd: for identity_fork(), owned; -1 where group_join() is the way
 *
 * Return: 0; -errno with a message: why there is none.
 */
int group_make(const struct jail *j, struct jail_group *ret, int *ret_join_fd, struct err *err);

/** group_join() - put this process, which has one thread, into a group.  Return: 0; -errno. */
int group_join(const struct jail_group *g);
