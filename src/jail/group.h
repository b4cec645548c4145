/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

struct jail;

/* The control group of a jail: folders for such, one for each hierarchy, and its name in them. */
#define JAIL_GROUP_PARTS 3
#define JAIL_GROUP_NONE                                                                            \
	{                                                                                          \
		{ -1, -1, -1 }, ""                                                                 \
	}

struct jail_group {
	int folders[JAIL_GROUP_PARTS]; /* owned; -1: none */
	char name[24];
};

/**
 * group_make() - a control group with the bounds of a jail, in a folder for machines beside our own
 * @ret:         as JAIL_GROUP_NONE where there can be none; else group_remove()
 * @ret_join_fd: for identity_fork(), owned; -1 where group_join() is the way
 *
 * Return: 0; -errno with a message: why there is none.
 */
int group_make(const struct jail *j, struct jail_group *ret, int *ret_join_fd, struct err *err);

/** group_join() - put this process, which has one thread, into a group.  Return: 0; -errno. */
int group_join(const struct jail_group *g);

/** group_open() - what a process that has one thread can write itself into a group with: "0" to
 * each.  @ret: JAIL_GROUP_PARTS, owned.  Return: how many; -errno. */
int group_open(const struct jail_group *g, int *ret);

/** group_remove() - when nothing is in it any more; of JAIL_GROUP_NONE nothing is done */
void group_remove(struct jail_group *g);

/** group_sweep() - remove the groups whose starters were killed */
void group_sweep(void);
