/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

struct jail;

/* A jail's control group: for each hierarchy the folder it is in, and its name there. */
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
 * group_make() - make a control group with the bounds of a jail, in a folder for machines beside
 * our own
 * @ret:         JAIL_GROUP_NONE where it cannot be made; else group_remove()
 * @ret_join_fd: for identity_fork(), owned; -1 where group_join() is the way
 *
 * Return: 0; -errno with a message: why there is none.
 */
int group_make(const struct jail *j, struct jail_group *ret, int *ret_join_fd, struct err *err);

/** group_join() - put this process, which has one thread, into a group.  Return: 0; -errno. */
int group_join(const struct jail_group *g);

/** group_open() - open the files by which a process that has one thread can join a group: it writes
 * "0" into each.  @ret: JAIL_GROUP_PARTS, owned.  Return: how many; -errno. */
int group_open(const struct jail_group *g, int *ret);

/** group_remove() - remove a group in which nothing runs any more; does nothing with
 * JAIL_GROUP_NONE */
void group_remove(struct jail_group *g);

/** group_sweep() - remove groups whose starters were killed */
void group_sweep(void);
