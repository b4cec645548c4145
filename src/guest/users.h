/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Who a process is.  `struct user u = { 0 };` is valid and empty. */
struct user {
	uid_t uid;
	gid_t gid;
	char *home;    /* owned; "/" where nothing is known */
	gid_t *groups; /* owned; supplementary */
	size_t n_groups;
};

/**
 * user_lookup() - find a user by docker's rules
 * @spec:   "", "NAME", "UID", and each with ":GROUP" or ":GID" behind it
 * @passwd: contents of /etc/passwd; "" where there is none
 * @group:  contents of /etc/group
 * @ret:    user_reset(); untouched on failure
 *
 * A number that no line has is taken as it is, with group 0 and home "/".  With a group
 * given, there are no supplementary groups.
 *
 * Return: 0; -EINVAL with a message for a name nobody has, or a number out of range; -ENOMEM.
 */
int user_lookup(const char *spec, const char *passwd, const char *group, struct user *ret,
		struct err *err);

/** user_reset() - free what user_lookup() filled in */
void user_reset(struct user *u);
